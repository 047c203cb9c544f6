import { type Exchange, json } from './exchange.ts'
import { identitySchema, schemaId } from './identity-schema.ts'
import { kratosError } from './kratos-error.ts'
import { pageOf, paginationHeaders } from './pagination.ts'
import type { Route } from './router.ts'

/** The identity schemas; there is one. */
export function schemaRoutes(prefix: string): Route[] {
  return [
    { method: 'GET', path: `${prefix}/schemas`, handle: list },
    { method: 'GET', path: `${prefix}/schemas/:id`, handle: get },
  ]
}

function list(exchange: Exchange): Response {
  paginationHeaders(exchange, 1, pageOf(exchange))
  return json(exchange, [{ id: schemaId, schema: identitySchema }])
}

/** An id may stand plain or in base64, as `schema_url` has it. */
function get(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  const decoded = Buffer.from(id, 'base64url').toString()
  if (id !== schemaId && decoded !== schemaId) {
    throw kratosError(404, { reason: `Identity schema \`${decoded}\` could not be found.` })
  }
  exchange.headers.set('content-type', 'application/json')
  return new Response(JSON.stringify(identitySchema), { headers: exchange.headers })
}
