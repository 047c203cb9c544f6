import type { Emulator } from './emulator.ts'
import { publicUrl, withQuery } from './emulator.ts'
import type { Exchange } from './exchange.ts'
import { type Flow, type FlowKind, isUuid, returnToOf } from './flow.ts'
import { kratosError, notFound } from './kratos-error.ts'

/** Stores a flow. What lives only for one answer is not kept. */
export function saveFlow({ database, now }: Emulator, flow: Flow): void {
  flow.updatedAt = now()
  const { expiresAt, transientPayload, continueWith, ...data } = flow
  database
    .prepare(
      `INSERT INTO flows (id, kind, expires_at, data) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, data = excluded.data`,
    )
    .run(flow.id, flow.kind, expiresAt, JSON.stringify(data))
}

/** @throws 404 */
export function loadFlow({ database }: Emulator, kind: FlowKind, id: string): Flow {
  const row = isUuid(id)
    ? database
        .prepare('SELECT expires_at, data FROM flows WHERE id = ? AND kind = ?')
        .get(id.toLowerCase(), kind)
    : undefined
  if (!row) throw notFound()
  return { ...JSON.parse(row.data as string), expiresAt: row.expires_at as number }
}

/** @throws 410 with what a browser or an app should call for a new flow */
export function refuseExpiredFlow({ emulator }: Exchange, flow: Flow): void {
  if (flow.expiresAt >= emulator.now()) return

  const { kind } = flow
  const id = kind === 'login' || kind === 'registration' ? { id: 'self_service_flow_expired' } : {}
  if (flow.type === 'api') {
    throw kratosError(410, {
      ...id,
      reason: `The ${kind} flow has expired. Call the ${kind} flow init API endpoint to initialize a new ${kind} flow.`,
      details: { api: publicUrl(emulator, `/self-service/${kind}/api`) },
    })
  }
  const returnTo = returnToOf(flow)
  throw kratosError(410, {
    ...id,
    reason: `The ${kind} flow has expired. Redirect the user to the ${kind} flow init endpoint to initialize a new ${kind} flow.`,
    details: {
      redirect_to: publicUrl(
        emulator,
        `/self-service/${kind}/browser`,
        returnTo ? { return_to: returnTo } : {},
      ),
      return_to: returnTo,
    },
  })
}

/** The page that shows a flow. */
export function flowPage({ uiUrls }: Emulator, flow: Flow): string {
  return withQuery(uiUrls[flow.kind], { flow: flow.id })
}
