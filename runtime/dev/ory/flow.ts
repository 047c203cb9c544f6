import { randomUUID } from 'node:crypto'
import type { ContinueWith } from './continue-with.ts'
import { publicUrl, timestamp } from './emulator.ts'
import { type Exchange, requestUrl } from './exchange.ts'
import { kratosError } from './kratos-error.ts'
import { secureReturnTo } from './return-to.ts'
import type { Form, Node } from './ui-nodes.ts'

export type FlowKind = 'login' | 'registration' | 'recovery' | 'verification' | 'settings'
export type FlowType = 'browser' | 'api'

/** A self-service flow: what was asked for, where it stands, and the form that it shows. */
export interface Flow {
  id: string
  kind: FlowKind
  type: FlowType
  expiresAt: number
  issuedAt: number
  updatedAt: number
  requestUrl: string
  returnTo: string
  active: string
  state: string
  csrfToken: string
  ui: Form
  /** Login: whether a signed-in person confirms who they are. */
  refresh: boolean
  requestedAal: string
  /** Registration: the nodes of both screens. */
  steps?: { one: Node[]; two: Node[] }
  /** Whose flow this is: settings always, recovery once the code was right, verification after a registration. */
  identityId?: string
  /** Recovery that an administrator began: whoever knows the code may use it from any browser. */
  skipsCsrf?: boolean
  transientPayload?: Record<string, unknown>
  continueWith?: ContinueWith[]
}

/** Begins a flow. @throws 400 when the wanted `return_to` is not allowed, 500 for a login on behalf of Hydra */
export function newFlow(exchange: Exchange, kind: FlowKind, type: FlowType): Flow {
  const { emulator } = exchange
  const source = requestUrl(exchange)
  secureReturnTo(emulator, source, emulator.uiUrls.default)
  if (kind === 'login' || kind === 'registration') refuseLoginChallenge(exchange)
  const id = randomUUID()
  const now = emulator.now()
  return {
    id,
    kind,
    type,
    expiresAt: now + emulator.lifespans.flowSeconds * 1000,
    issuedAt: now,
    updatedAt: now,
    requestUrl: source,
    returnTo: '',
    active: '',
    state: 'choose_method',
    csrfToken: exchange.csrf.token,
    ui: { action: publicUrl(emulator, `/self-service/${kind}`, { flow: id }), method: 'POST', nodes: [] },
    refresh: false,
    requestedAal: 'aal1',
  }
}

/** Answers as a Kratos does that knows no Hydra. */
function refuseLoginChallenge({ url }: Exchange): void {
  if (!url.searchParams.has('login_challenge')) return
  throw kratosError(500, {
    reason:
      'refusing to parse login_challenge query parameter because oauth2_provider.url is invalid or unset',
  })
}

/** The `return_to` that a flow carries: its own, or that of the URL which began it. */
export function returnToOf(flow: Flow): string {
  return flow.returnTo || (new URL(flow.requestUrl).searchParams.get('return_to') ?? '')
}

/** The flow id in the URL. @throws 400 */
export function flowIdOf({ url }: Exchange): string {
  const id = url.searchParams.get('flow') ?? ''
  if (isUuid(id)) return id

  throw kratosError(400, { reason: 'The flow query parameter is missing or malformed.' })
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}

/** A flow as the API shows it. */
export function flowJson(flow: Flow): Record<string, unknown> {
  const returnTo = returnToOf(flow)
  const common = {
    type: flow.type,
    expires_at: timestamp(flow.expiresAt),
    issued_at: timestamp(flow.issuedAt),
    request_url: flow.requestUrl,
    ...(returnTo ? { return_to: returnTo } : {}),
    ...(flow.active ? { active: flow.active } : {}),
    ui: flow.ui,
  }
  const transient = flow.transientPayload ? { transient_payload: flow.transientPayload } : {}
  if (flow.kind === 'login') {
    return {
      id: flow.id,
      organization_id: null,
      ...common,
      created_at: timestamp(flow.issuedAt),
      updated_at: timestamp(flow.updatedAt),
      refresh: flow.refresh,
      requested_aal: flow.requestedAal,
      state: flow.state,
      ...transient,
    }
  }
  if (flow.kind === 'registration') {
    return { id: flow.id, ...common, organization_id: null, ...transient, state: flow.state }
  }
  return { id: flow.id, ...common, state: flow.state, ...transient }
}
