import { matchRoutes, parseRoutes } from 'miniflare'
import { describe, expect, test } from 'vitest'
import { pathPattern } from '../../lib/http/path-pattern.ts'
import { publicRoutes } from '../../scripts/build/edge.ts'
import { deployOrder, type PlannedRoute, planWorkers } from '../../scripts/build/plan-workers.ts'

const HOST = 'auth.example.com'

/** Routes that share starts in every way that patterns cannot tell apart. */
const TANGLED = [
  '/x/group',
  '/x/group/roles',
  '/x/group/roles/{role}',
  '/x/group/{group}/members',
  '/x/group/{group}/members/{user}',
  '/x/group/{group}',
  '/x/groups',
  '/x/me',
  '/x/me/logout',
  '/x/{a}/of/{b}',
  '/x/{+rest}',
  '/healthz',
].map((path) => ({ file: `functions${path}.ts`, path }))

describe.each([
  ['tangled routes', TANGLED],
  ['our public routes', publicRoutes()],
])('%s', (_, routes) => {
  const plans = planWorkers(routes)
  const patterns = parseRoutes(
    new Map(plans.filter(({ heldBy }) => !heldBy).map(({ name, prefix }) => [name, [`${HOST}${prefix}*`]])),
  )

  /** The route that answers a URL when each worker is deployed by its own configuration. */
  function reached(path: string): string | undefined {
    const caught = matchRoutes(patterns, new URL(`https://${HOST}${path}`))
    const plan = plans.find(({ name }) => name === caught)
    const pathname = path.replace(/\?.*/, '')
    return [...(plan ? [plan, ...plan.others] : [])].find((route) => pathPattern(route.path).test(pathname))
      ?.path
  }

  test.each(pathsNear(routes))('%s reaches what a router would choose', (path) => {
    const pathname = path.replace(/\?.*/, '')
    const expected = routes.find((route) => pathPattern(route.path).test(pathname))
    expect(reached(path)).toBe(expected?.path)
  })

  test('no two workers hold the same pattern', () => {
    const held = plans.filter(({ heldBy }) => !heldBy).map(({ prefix }) => prefix)
    expect(new Set(held).size).toBe(held.length)
  })

  test('each worker is deployed after those that it is bound to', () => {
    const order = deployOrder(plans)
    expect([...order].sort()).toEqual(plans.map(({ name }) => name).sort())
    for (const { name, others } of plans) {
      for (const other of others) expect(order.indexOf(other.name)).toBeLessThan(order.indexOf(name))
    }
  })
})

test('two routes that would have the same name stop the build', () => {
  const routes = [
    { file: 'a.ts', path: '/authlance/a/b' },
    { file: 'b.ts', path: '/authlance/a-b' },
  ]
  expect(() => planWorkers(routes)).toThrow('authlance-a-b')
})

/** Paths of each route with plain and with confusing values, and paths beside them. */
function pathsNear(routes: PlannedRoute[]): string[] {
  const words = [
    'ada',
    ...new Set(routes.flatMap(({ path }) => path.split('/').filter((s) => /^[a-z]+$/.test(s)))),
  ]
  const paths = routes.flatMap(({ path }) => {
    const filled = words.map((word) => path.replace(/\{\+?\w+\}/g, word))
    return [...filled, ...filled.map((known) => `${known}x`), `${filled[0]}/more`, `${filled[0]}?page=1`]
  })
  return [...new Set([...paths, '/', '/nothing'])]
}
