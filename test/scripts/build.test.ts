import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../runtime/routes.generated.ts'
import { buildEdge, type EdgeBuild } from '../../scripts/build/edge.ts'
import { MAX_ROUTE_GZIP_BYTES, sizeOf } from '../../scripts/build/sizes.ts'

describe('workers', () => {
  let edge: EdgeBuild
  beforeAll(async () => {
    edge = await buildEdge()
  })

  const routeBundles = () => edge.bundles.filter(({ name }) => name.startsWith('routes/'))
  const carriers = (part: string) =>
    edge.bundles.filter(({ inputs }) => inputs.some((path) => path.startsWith(part))).map(({ name }) => name)

  test('every public route has a worker of its own', () => {
    const expected = routes.filter(({ route }) => route.listener !== 'internal').map(({ file }) => file)
    const built = routeBundles().map(({ inputs }) => inputs.filter((path) => path.startsWith('functions/')))
    expect(built.flat().sort()).toEqual(expected.sort())
    expect(built.every((files) => files.length === 1)).toBe(true)
  })

  test('one worker has all public routes', () => {
    const expected = routes.filter(({ route }) => route.listener !== 'internal').map(({ file }) => file)
    const all = edge.bundles.find(({ name }) => name === 'edge/worker')!
    expect(all.inputs.filter((path) => path.startsWith('functions/')).sort()).toEqual(expected.sort())
  })

  test('internal routes are in no worker', () => {
    const internal = routes.filter(({ route }) => route.listener === 'internal')
    expect(internal.length).toBeGreaterThan(0)
    expect(internal.flatMap(({ file }) => carriers(file))).toEqual([])
  })

  test.each([
    'runtime/node/',
    'runtime/dev/',
    'lib/db/migrations/',
    'node_modules/mysql2/',
    'node_modules/prom-client/',
    'node_modules/@nats-io/',
    'node_modules/yaml/',
  ])('%s is in no worker', (part) => {
    expect(carriers(part)).toEqual([])
  })

  test('the flush worker alone carries NATS', () => {
    expect(carriers('node_modules/nats.ws/')).toEqual(['flush/worker'])
  })

  test('Hono is in the worker of all routes alone', () => {
    expect(carriers('node_modules/hono/')).toEqual(['edge/worker'])
  })

  test('each worker of a route is at most 100 kB gzipped', () => {
    for (const bundle of routeBundles()) {
      expect(sizeOf(bundle).gzipBytes, bundle.name).toBeLessThanOrEqual(MAX_ROUTE_GZIP_BYTES)
    }
  })
})
