/** A route as the deployment sees it. */
export interface PlannedRoute {
  file: string
  path: string
}

/** One worker for one route, and what Cloudflare must be told to reach it. */
export interface RouteWorkerPlan extends PlannedRoute {
  /** Worker and directory name, such as `authlance-identity-profile-my-groups-_user`. */
  name: string
  /** Start of every URL path that the route can have, and with `*` behind it the pattern that catches them. */
  prefix: string
  /** The worker that holds this pattern and hands requests over; absent when it is this one. */
  heldBy?: string
  /** Routes whose requests this pattern catches too, most specific first. */
  others: { name: string; binding: string; path: string }[]
}

/**
 * Finds a set of patterns by which each request reaches the worker of its route.
 *
 * Cloudflare's patterns take a `*` at their end alone, match the query string too (so that all must end in `*`), exist once for a
 * zone, and the longest that matches wins. So routes with a common start share a pattern, which the first of them holds, and a
 * pattern also catches paths of less specific routes: `/group/roles*` catches the group `roles-team`. The worker that holds a
 * pattern hands over what is not its own by service binding.
 * @param routes most specific first, as a router would try them
 * @see https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior
 */
export function planWorkers(routes: PlannedRoute[]): RouteWorkerPlan[] {
  const named = routes.map((route) => ({ ...route, name: nameOf(route.path), prefix: prefixOf(route.path) }))
  requireUnique(named.map(({ name }) => name))

  return named.map((route) => {
    const holder = named.find(({ prefix }) => prefix === route.prefix)!
    if (holder !== route) return { ...route, heldBy: holder.name, others: [] }
    const others = named.filter(
      (other) =>
        other !== route && other.prefix.length <= route.prefix.length && reaches(other.path, route.prefix),
    )
    return {
      ...route,
      others: others.map(({ name, path }) => ({ name, path, binding: bindingOf(name) })),
    }
  })
}

/** An order in which each worker is deployed after those that it is bound to. */
export function deployOrder(plans: RouteWorkerPlan[]): string[] {
  const held = plans.filter(({ heldBy }) => heldBy)
  const holders = plans.filter(({ heldBy }) => !heldBy).sort((a, b) => a.prefix.length - b.prefix.length)
  return [...held, ...holders].map(({ name }) => name)
}

function nameOf(path: string): string {
  const name = path
    .replace('/api/v1/', '/')
    .replace(/\{\+?(\w+)\}/g, '_$1')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-|-$/g, '')
  return name.startsWith('authlance') ? name : `authlance-${name}`
}

function prefixOf(path: string): string {
  return path.replace(/\/?\{.*$/, '')
}

function bindingOf(name: string): string {
  return `ROUTE_${name.replace(/-_?/g, '_').toUpperCase()}`
}

/** Whether some path of the route starts with `prefix`. */
function reaches(path: string, prefix: string): boolean {
  const segments = path.split('/')
  const wanted = prefix.split('/')
  for (const [index, text] of wanted.entries()) {
    const segment = segments[index]
    if (segment === undefined) return false
    if (segment.startsWith('{+')) return true
    if (segment.startsWith('{')) continue
    const fits = index === wanted.length - 1 ? segment.startsWith(text) : segment === text
    if (!fits) return false
  }
  return true
}

function requireUnique(names: string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw new Error(`two routes would be deployed as ${twice}`)
}
