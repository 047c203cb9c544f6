import { publicUrl } from './emulator.ts'
import { type Exchange, json, noContent, redirect } from './exchange.ts'
import { sliceByToken } from './keyset.ts'
import { kratosError, notFound } from './kratos-error.ts'
import { itemsOf, pageOf, paginationHeaders } from './pagination.ts'
import type { Route } from './router.ts'
import { sessionJson } from './session.ts'
import { deleteSessionsOf, getSession, listSessions } from './sessions.ts'
import { requireUuid } from './uuid.ts'

export const adminSessionRoutes: Route[] = [
  { method: 'GET', path: '/admin/sessions', handle: list },
  { method: 'GET', path: '/admin/sessions/:id', handle: get },
  { method: 'DELETE', path: '/admin/sessions/:id', handle: end },
  { method: 'GET', path: '/admin/identities/:id/sessions', handle: listOf },
  { method: 'DELETE', path: '/admin/identities/:id/sessions', handle: deleteAllOf },
]

function list(exchange: Exchange): Response {
  const { emulator } = exchange
  const active = activeOf(exchange)
  const { identity, devices } = expansion(exchange)
  const sessions = listSessions(emulator, active === undefined ? {} : { active }, 'created_at')
  exchange.headers.set('x-total-count', String(sessions.length))
  return json(
    exchange,
    sliceByToken(exchange, sessions).map((session) =>
      sessionJson(emulator, session, {
        withoutIdentity: !identity,
        withoutDevices: !devices,
        withoutAddresses: true,
      }),
    ),
  )
}

function get(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  const { emulator } = exchange
  if (id === 'whoami') return redirect(exchange, publicUrl(emulator, '/sessions/whoami'), 307)
  requireUuid(id)
  const { identity, devices } = expansion(exchange)
  const session = getSession(emulator, id)
  const shown = devices ? session : { ...session, devices: [] }
  return json(exchange, sessionJson(emulator, shown, { withoutIdentity: !identity }))
}

function end(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  requireUuid(id)
  const { changes } = exchange.emulator.database
    .prepare('UPDATE sessions SET active = 0 WHERE id = ?')
    .run(id)
  if (Number(changes) === 0) throw notFound()
  exchange.headers.set('content-type', 'application/json; charset=utf-8')
  return noContent(exchange)
}

function listOf(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  const { emulator } = exchange
  requireUuid(id)
  const active = activeOf(exchange)
  const sessions = listSessions(emulator, { identityId: id, ...(active === undefined ? {} : { active }) })
  const page = pageOf(exchange)
  paginationHeaders(exchange, sessions.length, page)
  return json(
    exchange,
    itemsOf(sessions, page).map((session) => sessionJson(emulator, session, { bareIdentity: true })),
  )
}

function deleteAllOf(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  requireUuid(id)
  if (deleteSessionsOf(exchange.emulator, id) === 0) throw notFound()
  return noContent(exchange)
}

function activeOf({ url }: Exchange): boolean | undefined {
  const text = url.searchParams.get('active') ?? ''
  if (text === '') return undefined
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  throw kratosError(400, { message: 'could not parse parameter active' })
}

function expansion({ url }: Exchange): { identity: boolean; devices: boolean } {
  const wanted = url.searchParams.getAll('expand').map((name) => name.toLowerCase())
  const bad = wanted.find((name) => name !== 'identity' && name !== 'devices')
  if (bad !== undefined) throw kratosError(400, { reason: `Could not parse expand option: ${bad}` })
  return { identity: wanted.includes('identity'), devices: wanted.includes('devices') }
}
