import { randomUUID } from 'node:crypto'
import { acceptsJson, isJsonRequest } from './accept.ts'
import { timestamp, withQuery } from './emulator.ts'
import { type Exchange, errorJson, json, redirect } from './exchange.ts'
import { KratosError, notFound } from './kratos-error.ts'
import type { Handler, Route } from './router.ts'

/** Tells a caller about an error: a script as JSON, a browser on the error page, which reads it by id. */
export function forwardError(exchange: Exchange, error: KratosError): Response {
  const { emulator, request } = exchange
  if (isJsonRequest(request) || acceptsJson(request)) return errorJson(exchange, error)

  const id = randomUUID()
  emulator.database
    .prepare('INSERT INTO errors (id, body, created_at) VALUES (?, ?, ?)')
    .run(id, JSON.stringify(error.detail), emulator.now())
  return redirect(exchange, withQuery(emulator.uiUrls.error, { id }))
}

/** Wraps a handler so that a browser meets its errors on the error page. */
export function forwarding(handle: Handler): Handler {
  return async (exchange, parameters) => {
    try {
      return await handle(exchange, parameters)
    } catch (error) {
      if (error instanceof KratosError) return forwardError(exchange, error)
      throw error
    }
  }
}

export const errorRoutes: Route[] = [
  {
    method: 'GET',
    path: '/self-service/errors',
    handle(exchange) {
      const { searchParams } = exchange.url
      const id = searchParams.get('error') || searchParams.get('id') || ''
      const row = exchange.emulator.database.prepare('SELECT * FROM errors WHERE id = ?').get(id)
      if (!row) throw notFound()

      const time = timestamp(row.created_at as number)
      return json(exchange, { id, error: JSON.parse(row.body as string), created_at: time, updated_at: time })
    },
  },
]
