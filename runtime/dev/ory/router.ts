import { type Exchange, plainText, redirect } from './exchange.ts'

export type Handler = (exchange: Exchange, parameters: Record<string, string>) => Response | Promise<Response>

export interface Route {
  method: string
  /** Segments that begin with a colon are parameters. */
  path: string
  handle: Handler
}

const noCache = 'private, no-cache, no-store, must-revalidate'

/** Finds the route for a request; the fallbacks are those of Go's httprouter. */
export async function dispatch(routes: Route[], exchange: Exchange): Promise<Response> {
  const { pathname } = exchange.url
  const candidates = routes
    .map((route) => ({ route, parameters: match(route.path, pathname) }))
    .filter((candidate) => candidate.parameters !== undefined)
  const found = candidates.find(({ route }) => route.method === exchange.request.method)
  if (found) {
    exchange.headers.set('cache-control', noCache)
    return found.route.handle(exchange, found.parameters ?? {})
  }

  if (candidates.length > 0) {
    exchange.headers.set(
      'allow',
      [...candidates.map(({ route }) => route.method), 'OPTIONS'].sort().join(', '),
    )
    return plainText(exchange, 'Method Not Allowed', 405)
  }
  const trimmed = pathname.replace(/\/$/, '')
  if (trimmed !== pathname && routes.some((route) => match(route.path, trimmed))) {
    return redirect(
      exchange,
      `${trimmed}${exchange.url.search}`,
      exchange.request.method === 'GET' ? 301 : 308,
    )
  }
  return plainText(exchange, '404 page not found', 404)
}

function match(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const actual = pathname.split('/')
  if (wanted.length !== actual.length) return undefined

  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = actual[index] ?? ''
    if (segment.startsWith(':') && value !== '') parameters[segment.slice(1)] = decodeSegment(value)
    else if (segment !== value) return undefined
  }
  return parameters
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
