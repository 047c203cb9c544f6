import { authenticate, type Principal } from '../auth/authenticate.ts'
import { authorise, requireCompleteProfile } from '../auth/authorise.ts'
import { renewedCookie } from '../auth/renew-cookie.ts'
import { requireServiceCredential } from '../auth/service-credential.ts'
import type { Env, ExecutionContext } from '../env.ts'
import { lazyChild } from '../log.ts'
import { ApiError, problemResponse } from './errors.ts'
import { finishResponse, jsonResponse, preflightResponse } from './finish-response.ts'
import { isServiceAccess, METHODS, type Method, type Operation } from './operation.ts'
import { requireOwnOrigin } from './origin.ts'
import { type PathPattern, pathPattern } from './path-pattern.ts'
import { readBody } from './read-body.ts'
import { toApiError } from './to-api-error.ts'
import { type Trace, traceOf } from './trace.ts'
import { validate } from './validate.ts'

/** Methods of a route; `ALL` takes what has no entry of its own. */
export type Operations = Partial<Record<Method | 'ALL', Operation>>

export interface RouteOptions {
  /** Which listener serves the route: the public API, the internal port, or both. Internal routes are in no edge build. */
  listener?: 'api' | 'internal' | 'both'
}

/** A standalone fetch-style handler for one URL path, and its declaration. */
export interface Route {
  path: string
  listener: 'api' | 'internal' | 'both'
  operations: Operations
  fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response>
}

/** Makes the handler of one path: validation, access control, error answers, CORS and the log line come from the declaration. */
export function route(path: string, operations: Operations, { listener = 'api' }: RouteOptions = {}): Route {
  const pattern = pathPattern(path)
  return {
    path,
    listener,
    operations,
    fetch: (request, env, ctx) => serve({ path, pattern, operations }, request, env, ctx),
  }
}

interface Definition {
  path: string
  pattern: PathPattern
  operations: Operations
}

async function serve(
  definition: Definition,
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const startedAt = performance.now()
  const { pathname } = new URL(request.url)
  const trace = traceOf(request)
  const { requestId, traceparent } = trace
  const log = lazyChild(env.log, { requestId, traceparent })
  const selected = selectOperation(definition.operations, request.method)

  let response: Response
  try {
    response = await answer(definition, selected, request, pathname, { ...env, log }, ctx, trace)
  } catch (error) {
    const problem = problemResponse(toApiError(error, log), requestId)
    response = finishResponse(problem, { request, config: env.config, trace })
  }

  const durationMs = Math.round((performance.now() - startedAt) * 100) / 100
  const { method } = request
  const { status } = response
  env.log.info(
    { requestId, traceparent, method, route: definition.path, path: pathname, status, durationMs },
    'request',
  )
  env.metrics.countRequest(definition.path, method, status, durationMs)
  return response
}

function selectOperation(operations: Operations, method: string): Operation | undefined {
  const known = method === 'HEAD' ? 'GET' : METHODS.find((candidate) => candidate === method)
  return (known && operations[known]) ?? (known && operations.ALL)
}

async function answer(
  { operations, pattern }: Definition,
  operation: Operation | undefined,
  request: Request,
  pathname: string,
  env: Env,
  ctx: ExecutionContext,
  trace: Trace,
): Promise<Response> {
  const pathParams = pattern.match(pathname)
  if (!pathParams) throw new ApiError('not_found')
  const answered = { request, config: env.config, trace }
  if (request.method === 'OPTIONS') {
    return finishResponse(preflightResponse(request, env.config, allowedMethods(operations)), answered)
  }
  if (!operation) {
    const allow = allowedMethods(operations).join(', ')
    throw new ApiError('method_not_allowed', { headers: { allow } })
  }
  if (request.method === 'HEAD' && operation.effectful) return finishResponse(new Response(null), answered)

  const principal = await admit(operation, request, env, pathParams)

  const params = operation.params && validate(operation.params, pathParams, 'path')
  const query = operation.query && validate(operation.query, queryOf(request), 'query')
  const body = operation.body && (await readBody(request, operation.body, env.config.limits))

  const headers = new Headers()
  const renewal = principal && renewedCookie(request, principal, env, ctx, trace)
  const context = { request, env, ctx, trace, log: env.log, params, query, body, headers }
  const result = await operation.handle({ ...context, principal: principal as never })
  const renewed = await renewal
  if (renewed && !headers.has('set-cookie')) headers.append('set-cookie', renewed)
  if (!(result instanceof Response)) return jsonResponse(result, successStatus(operation), headers, answered)
  addHeaders(result, headers)
  return finishResponse(result, answered, operation.proxied)
}

/** Authenticates before anything is loaded or parsed. */
async function admit(
  operation: Operation,
  request: Request,
  env: Env,
  params: unknown,
): Promise<Principal | undefined> {
  const { access } = operation
  if (access === 'public') return undefined
  if (isServiceAccess(access)) {
    await requireServiceCredential(request, access, env.config)
    return undefined
  }
  const principal = await authenticate(request, env)
  if (principal.via === 'cookie') requireOwnOrigin(request, env.config)
  authorise(principal, access, params)
  const changes = request.method !== 'GET' && request.method !== 'HEAD'
  if (changes && !operation.allowsIncompleteProfile) requireCompleteProfile(principal, env.config)
  return principal
}

function allowedMethods(operations: Operations): string[] {
  const methods = operations.ALL ? METHODS : METHODS.filter((method) => operations[method])
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS']
}

/** Query values by name; a name that comes several times gives an array. */
function queryOf(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url)
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name)
      return [name, values.length > 1 ? values : values[0]!]
    }),
  )
}

function successStatus({ responses }: Operation): number {
  return Number(Object.keys(responses).find((status) => status.startsWith('2')))
}

function addHeaders({ headers }: Response, extra: Headers): void {
  for (const [name, value] of extra) {
    if (name === 'set-cookie') headers.append(name, value)
    else headers.set(name, value)
  }
}
