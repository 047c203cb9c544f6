import { adminCourierRoutes } from './admin-courier.ts'
import { adminIdentityRoutes } from './admin-identities.ts'
import { adminRecoveryRoutes } from './admin-recovery.ts'
import { adminSessionRoutes } from './admin-sessions.ts'
import type { Emulator } from './emulator.ts'
import { createExchange, failureJson, redirect } from './exchange.ts'
import { healthRoutes, versionRoutes } from './health.ts'
import { dispatch, type Route } from './router.ts'
import { schemaRoutes } from './schemas.ts'

const routes: Route[] = [
  ...adminIdentityRoutes,
  ...adminSessionRoutes,
  ...adminCourierRoutes,
  ...adminRecoveryRoutes,
  ...healthRoutes('/admin'),
  ...versionRoutes,
  ...schemaRoutes('/admin'),
]

/** Answers requests to Kratos' admin API. */
export async function handleAdmin(emulator: Emulator, request: Request): Promise<Response> {
  const exchange = createExchange(emulator, request)
  const { pathname, search } = exchange.url
  if (!pathname.startsWith('/admin')) return redirect(exchange, `/admin${pathname}${search}`, 307)

  try {
    return await dispatch(routes, exchange)
  } catch (error) {
    return failureJson(exchange, error)
  }
}
