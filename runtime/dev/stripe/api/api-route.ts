import type * as z from 'zod'
import type { StandIn } from '../stand-in.ts'
import type { Form } from './form.ts'
import { checkParams } from './params.ts'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'DELETE'
  /** Segments that begin with a colon are parameters. */
  path: string
  /** @returns a stored resource, a list of them, or what Stripe answers to a deletion */
  handle(standIn: StandIn, ids: string[], form: Form): object
}

export interface ApiCall<Params> {
  standIn: StandIn
  /** What stands in the path, in its order. */
  id: string
  params: Params
}

/** One operation of the API; parameters that the schema does not name are refused. */
export function apiRoute<Params>(
  method: ApiRoute['method'],
  path: string,
  schema: z.ZodType<Params>,
  handle: (call: ApiCall<Params>) => object,
): ApiRoute {
  return {
    method,
    path,
    handle: (standIn, [id = ''], form) => handle({ standIn, id, params: checkParams(schema, form) }),
  }
}
