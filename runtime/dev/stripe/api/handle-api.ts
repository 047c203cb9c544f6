import type { FaultGate } from '../faults.ts'
import { inShape } from '../shapes.ts'
import { newId, type StandIn } from '../stand-in.ts'
import { StripeError } from '../stripe-error.ts'
import { accountRoutes } from './account-routes.ts'
import type { ApiRoute } from './api-route.ts'
import { catalogRoutes } from './catalog-routes.ts'
import { checkoutRoutes } from './checkout-routes.ts'
import { customerRoutes } from './customer-routes.ts'
import { expand } from './expand.ts'
import { type Form, parseForm } from './form.ts'
import { earlierAnswer, rememberAnswer } from './idempotency.ts'
import { invoiceRoutes } from './invoice-routes.ts'
import { paymentRoutes } from './payment-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

export interface ApiOptions {
  standIn: StandIn
  faults: FaultGate
  /** Whether a bearer is the account's key. */
  acceptsKey(key: string): boolean
  /** Carries out what a request asks for, in one moment of the account's time. */
  act<T>(work: () => T): T
  /** Lets happen what is due. */
  tick(): void
}

const routes: ApiRoute[] = [
  ...accountRoutes,
  ...catalogRoutes,
  ...checkoutRoutes,
  ...customerRoutes,
  ...invoiceRoutes,
  ...paymentRoutes,
  ...subscriptionRoutes,
]

/** Answers a request to `/v1/...` as Stripe does. @param path without a prefix of the stand-in's own */
export async function handleApi(options: ApiOptions, request: Request, path: string): Promise<Response> {
  const { standIn, faults } = options
  const requestId = newId(standIn, 'req', 14)
  const version = request.headers.get('stripe-version') ?? standIn.apiVersion
  const headers = new Headers({
    'content-type': 'application/json',
    'request-id': requestId,
    'stripe-version': version,
  })
  const answer = (status: number, body: string) => {
    headers.set('date', new Date(standIn.clock.now()).toUTCString())
    return new Response(body, { status, headers })
  }
  try {
    await faults.pass()
    authenticate(options, request)
    const { status, body } = await carryOut(options, request, path, { requestId, version, headers })
    return faults.losesAnswer() ? new Response('Bad Gateway', { status: 502 }) : answer(status, body)
  } catch (error) {
    const { status, body } = failure(error, version, requestId)
    return answer(status, body)
  }
}

interface Exchange {
  requestId: string
  version: string
  headers: Headers
}

async function carryOut(
  { standIn, act, tick }: ApiOptions,
  request: Request,
  path: string,
  { requestId, version, headers }: Exchange,
): Promise<{ status: number; body: string }> {
  const text = request.method === 'POST' ? await request.text() : new URL(request.url).search.slice(1)
  const { route, ids } = findRoute(request.method, path)
  const { expand: expansions, ...form } = parseForm(new URLSearchParams(text))
  const idempotencyKey = request.method === 'POST' ? request.headers.get('idempotency-key') : null
  const fingerprint = `${request.method} ${path} ${text}`
  const earlier = idempotencyKey === null ? undefined : earlierAnswer(standIn, idempotencyKey, fingerprint)
  if (earlier) {
    headers.set('idempotent-replayed', 'true')
    headers.set('original-request', earlier.requestId)
    return earlier
  }
  const run = request.method === 'GET' ? reading(tick) : act
  const result = run(() => {
    standIn.request = { id: requestId, idempotencyKey }
    try {
      return perform(standIn, route, ids, form, expansions)
    } catch (error) {
      return failure(error, version, requestId)
    } finally {
      standIn.request = null
    }
  })
  const done = 'status' in result ? result : { status: 200, body: pretty(inShape(result.shown, version)) }
  if (idempotencyKey !== null) {
    headers.set('idempotency-key', idempotencyKey)
    rememberAnswer(standIn, { id: idempotencyKey, fingerprint, requestId, ...done })
  }
  return done
}

/** Looks at the account as it is now, and changes nothing in it. */
function reading(tick: () => void) {
  return <T>(work: () => T): T => {
    tick()
    return work()
  }
}

function perform(standIn: StandIn, route: ApiRoute, ids: string[], form: Form, expansions: unknown) {
  const shown = structuredClone(route.handle(standIn, ids, form))
  const paths = Array.isArray(expansions) ? expansions.map(String) : []
  expand(standIn, shown, paths)
  return { shown }
}

/** @throws 401 */
function authenticate({ acceptsKey }: ApiOptions, request: Request): void {
  const [scheme, credential = ''] = (request.headers.get('authorization') ?? '').split(' ')
  const key = scheme === 'Basic' ? atob(credential).split(':')[0]! : credential
  if (key !== '' && acceptsKey(key)) return
  throw new StripeError(401, {
    type: 'invalid_request_error',
    message:
      key === ''
        ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        : `Invalid API Key provided: ${key.slice(0, 8)}****`,
  })
}

/** @throws 404 */
function findRoute(method: string, path: string): { route: ApiRoute; ids: string[] } {
  for (const route of routes) {
    if (route.method !== method) continue
    const ids = match(route.path, path)
    if (ids) return { route, ids }
  }
  throw new StripeError(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). The stand-in serves a part of Stripe's API.`,
  })
}

function match(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/')
  const actual = path.split('/')
  if (wanted.length !== actual.length) return undefined
  const ids: string[] = []
  for (const [at, segment] of wanted.entries()) {
    if (segment.startsWith(':')) ids.push(decodeURIComponent(actual[at]!))
    else if (segment !== actual[at]) return undefined
  }
  return ids
}

/** @throws what is no answer of Stripe's: a fault of the stand-in */
function failure(error: unknown, version: string, requestId: string): { status: number; body: string } {
  if (!(error instanceof StripeError)) throw error
  const body = inShape({ ...error.body, request_log_url: `/requests/${requestId}` }, version)
  return { status: error.status, body: pretty({ error: body }) }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
