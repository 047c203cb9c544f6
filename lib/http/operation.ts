import type * as z from 'zod'
import type { Principal } from '../auth/authenticate.ts'
import type { Env, ExecutionContext } from '../env.ts'
import type { Log } from '../log.ts'
import type { ErrorCode } from './errors.ts'
import type { Trace } from './trace.ts'

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/**
 * Who may call. `groupMember` and `groupAdmin` read the `group` path parameter (a slug); sysadmins pass them, everybody else sees
 * another tenant's group as absent. `mailBasic` and `hydraBearer` are programs beside us, on the internal port.
 */
export type Access = 'public' | UserAccess | ServiceAccess
export type UserAccess = 'user' | 'groupMember' | 'groupAdmin' | 'admin' | 'sysadmin'
/** `mailBasic`: the Basic credentials of `mailAuth`. `hydraBearer`: a bearer token of `hydra.hydraLoginToken`. */
export type ServiceAccess = 'mailBasic' | 'hydraBearer'

type PrincipalOf<A extends Access> = A extends UserAccess ? Principal : undefined

export function isServiceAccess(access: Access): access is ServiceAccess {
  return access === 'mailBasic' || access === 'hydraBearer'
}

/** What a handler gets: everything is parsed, authenticated and authorised. */
export interface OperationContext<A extends Access, Params, Query, Body> {
  request: Request
  env: Env
  ctx: ExecutionContext
  trace: Trace
  log: Log
  principal: PrincipalOf<A>
  params: Params
  query: Query
  body: Body
  /** Headers added to the answer; `Set-Cookie` may be appended several times. */
  headers: Headers
}

/** The bodies that an operation takes; the handler gets what the schema of the sent content type gives. */
export interface BodySchemas<Body> {
  json?: z.ZodType<Body>
  form?: z.ZodType<Body>
  multipart?: z.ZodType<Body>
  /** The body may be left out; the handler then gets what the schema makes of `{}`. */
  optional?: boolean
}

/** One method of a route: everything that validation, access control and the OpenAPI document need. */
export interface Operation<
  A extends Access = Access,
  Params = unknown,
  Query = unknown,
  Body = unknown,
  Answer = unknown,
> {
  summary: string
  description?: string
  tag?: string
  access: A
  params?: z.ZodType<Params>
  query?: z.ZodType<Query>
  body?: BodySchemas<Body>
  /** Schemas by status; the first success status is the one of a plain return value. `null` is an answer without a body. */
  responses: Record<number, z.ZodType<Answer> | z.ZodType | null>
  /** What the handler itself refuses with, for the document; access level, parameters and body imply the rest. */
  errors?: readonly ErrorCode[]
  /** The handler itself takes a Kratos cookie or session token, whatever the access level says. */
  kratosCredential?: boolean
  /** A GET that changes something: HEAD then answers without running it. */
  effectful?: boolean
  /** Changing calls that work before the mandatory profile fields are given. */
  allowsIncompleteProfile?: boolean
  /** Relays another server's answers: no headers are added but the request id and CORS. */
  proxied?: boolean
  /** A plain value becomes JSON; a `Response` is passed on with headers added, so it must not be one that `fetch` gave. */
  handle(context: OperationContext<A, Params, Query, Body>): Promise<Answer | Response> | Answer | Response
}

/** Declares one method of a route; exists for type inference alone. */
export function operation<
  const A extends Access,
  Params = undefined,
  Query = undefined,
  Body = undefined,
  Answer = unknown,
>(definition: Operation<A, Params, Query, Body, Answer>): Operation {
  return definition as unknown as Operation
}
