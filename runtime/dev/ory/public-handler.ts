import { csrfViolation, verifyCsrf } from './csrf.ts'
import type { Emulator } from './emulator.ts'
import { createExchange, type Exchange, failureJson, redirect, renewCsrf } from './exchange.ts'
import { healthRoutes } from './health.ts'
import { loginRoutes } from './login.ts'
import { logoutRoutes } from './logout.ts'
import { ownSessionRoutes } from './own-sessions.ts'
import { recoveryRoutes } from './recovery.ts'
import { registrationRoutes } from './registration.ts'
import { dispatch, type Route } from './router.ts'
import { schemaRoutes } from './schemas.ts'
import { errorRoutes } from './self-service-errors.ts'
import { settingsRoutes } from './settings.ts'
import { verificationRoutes } from './verification.ts'

/** Paths on which Kratos neither sets nor checks the anti-CSRF cookie; `*` stands for one segment. */
const unguarded = [
  '/sessions',
  '/sessions/*',
  '/self-service/logout/api',
  ...['login', 'registration', 'recovery', 'verification', 'settings'].flatMap((kind) => [
    `/self-service/${kind}`,
    `/self-service/${kind}/api`,
  ]),
  '/schemas/*',
  '/identities',
  '/identities/*',
  '/identities/*/sessions',
  '/admin/identities',
  '/admin/identities/*',
  '/admin/courier/messages',
  '/admin/courier/messages/*',
].map((pattern) => new RegExp(`^${pattern.replaceAll('*', '[^/]+')}$`))

const routes: Route[] = [
  ...loginRoutes,
  ...registrationRoutes,
  ...logoutRoutes,
  ...recoveryRoutes,
  ...verificationRoutes,
  ...settingsRoutes,
  ...ownSessionRoutes,
  ...errorRoutes,
  ...schemaRoutes(''),
  ...adminRedirects(),
]

/** Answers requests to Kratos' public API. */
export async function handlePublic(emulator: Emulator, request: Request): Promise<Response> {
  const exchange = createExchange(emulator, request)
  if (exchange.url.pathname.startsWith('/health/') || exchange.url.pathname === '/version') {
    const response = await dispatch(healthRoutes(''), exchange)
    response.headers.delete('cache-control')
    return response
  }

  exchange.headers.set('vary', 'Cookie')
  try {
    guard(exchange)
    return await dispatch(routes, exchange)
  } catch (error) {
    return failureJson(exchange, error)
  }
}

/** Gives each browser its anti-CSRF cookie, and refuses unsafe requests that do not repeat it. */
function guard(exchange: Exchange): void {
  const { request, url, csrf } = exchange
  if (unguarded.some((pattern) => pattern.test(url.pathname))) return
  if (csrf.token === '') renewCsrf(exchange)
  if (['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(request.method)) return

  if (csrf.sent || !verifyCsrf(csrf.token, request.headers.get('x-csrf-token') ?? '')) throw csrfViolation()
}

/** Paths of the admin API lead to the admin port, as Kratos has it. */
function adminRedirects(): Route[] {
  const identities = ['GET', 'POST'].flatMap((method) => [
    { method, path: '/identities' },
    { method, path: '/admin/identities' },
  ])
  const identity = ['GET', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
    { method, path: '/identities/:id' },
    { method, path: '/admin/identities/:id' },
  ])
  const others = [
    { method: 'DELETE', path: '/identities/:id/sessions' },
    { method: 'GET', path: '/admin/courier/messages' },
    { method: 'GET', path: '/admin/courier/messages/:id' },
  ]
  return [...identities, ...identity, ...others].map((route) => ({
    ...route,
    handle({ emulator, url, ...exchange }: Exchange) {
      const path = url.pathname.startsWith('/admin/') ? url.pathname : `/admin${url.pathname}`
      const target = `${emulator.adminBaseUrl.replace(/\/$/, '')}${path}${url.search}`
      return redirect({ ...exchange, emulator, url }, target, 307)
    },
  }))
}
