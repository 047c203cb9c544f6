import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../runtime/routes.generated.ts'
import { bundleWorkers } from '../../scripts/build/bundle-workers.ts'
import { buildEdge, type EdgeBuild, writeEdge } from '../../scripts/build/edge.ts'
import { ROOT } from '../../scripts/build/paths.ts'
import { MAX_ROUTE_GZIP_BYTES, MAX_STRIPE_ROUTE_GZIP_BYTES, sizeOf } from '../../scripts/build/sizes.ts'
import { runProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

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

  test('a module of Node in a worker stops the build', async () => {
    await expect(
      bundleWorkers({ bad: "import { tmpdir } from 'node:os'; export default tmpdir" }),
    ).rejects.toThrow('node:os')
  })

  test('the flush worker alone carries NATS', () => {
    expect(carriers('node_modules/nats.ws/')).toEqual(['flush/worker'])
  })

  test('Hono is in the worker of all routes alone', () => {
    expect(carriers('node_modules/hono/')).toEqual(['edge/worker'])
  })

  test('each worker of a route is at most 100 kB gzipped, and 120 kB when it calls Stripe', () => {
    expect([MAX_ROUTE_GZIP_BYTES, MAX_STRIPE_ROUTE_GZIP_BYTES]).toEqual([100_000, 120_000])
    for (const { name, gzipBytes, maxGzipBytes } of routeBundles().map(sizeOf)) {
      expect(gzipBytes, name).toBeLessThanOrEqual(maxGzipBytes)
    }
  })

  test("Stripe's client is in the workers that call it alone", () => {
    const routes = carriers('node_modules/stripe/').filter((name) => name.startsWith('routes/'))
    expect(routes.filter((name) => !/-payments-|-billing-/.test(name))).toEqual([])
  })

  test.each([
    [
      'routes/authlance-identity-me',
      /env\.FLUSH \(authlance-flush\).*env\.ROUTE_\w+ \(authlance-identity-_path\)/s,
    ],
    ['routes/authlance-docs-_asset', /env\.ASSETS/],
    ['edge', /env\.FLUSH.*env\.ASSETS/s],
    ['flush', /No bindings found/],
  ])('wrangler takes %s', async (directory, bindings) => {
    const dist = tempDir('dist')
    writeEdge(edge, dist, 'auth.example.com')
    const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
    const config = join(dist, directory, 'wrangler.toml')
    const output = await runProcess(process.execPath, [wrangler, 'deploy', '--dry-run', '--config', config], {
      cwd: dist,
      env: { WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: dist, HOME: dist, NO_COLOR: '1', CI: 'true' },
    })
    expect(output).toMatch(bindings)
    expect(output).not.toMatch(/warning/i)
  })
})
