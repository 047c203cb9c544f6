import { type Exchange, json } from './exchange.ts'
import type { Route } from './router.ts'

/** Health checks. Kratos has its version on the admin port alone. */
export function healthRoutes(prefix: string): Route[] {
  return [
    { method: 'GET', path: `${prefix}/health/alive`, handle: ok },
    { method: 'GET', path: `${prefix}/health/ready`, handle: ok },
  ]
}

export const versionRoutes: Route[] = [
  { method: 'GET', path: '/admin/version', handle: (exchange) => json(exchange, { version: 'v1.3.1' }) },
]

function ok(exchange: Exchange): Response {
  return json(exchange, { status: 'ok' })
}
