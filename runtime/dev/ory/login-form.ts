import { credentialOf } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { type Flow, type FlowType, newFlow } from './flow.ts'
import { saveFlow } from './flows.ts'
import { identitySchema } from './identity-schema.ts'
import { kratosError } from './kratos-error.ts'
import { confirmLogin, generatedLabel, labels, secondFactorDue } from './messages.ts'
import type { Session } from './session.ts'
import { findSession } from './session-cookie.ts'
import { sortNodes } from './sort-nodes.ts'
import { input, setCsrf } from './ui-nodes.ts'

export const alreadySignedIn = () =>
  kratosError(400, {
    id: 'session_already_available',
    reason:
      'A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?',
    message: 'you are already logged in',
  })

/**
 * Begins a login. `refresh=true` asks a signed-in person to confirm who they are; `aal=aal2` asks for a second
 * factor, of which this emulator has none.
 * @throws 400 when somebody is signed in already or the query is malformed, 401 for `aal2` without a session
 */
export function createLogin(exchange: Exchange, type: FlowType): Flow {
  const query = exchange.url.searchParams
  const flow = newFlow(exchange, 'login', type)
  const session = findSession(exchange)
  flow.requestedAal = (query.get('aal') || 'aal1').toLowerCase()
  flow.refresh = session !== undefined && isTrue(query.get('refresh'))
  refuse(flow, session)

  if (flow.requestedAal === 'aal1') {
    if (flow.refresh && session) confirmForm(flow, session)
    else passwordForm(flow)
  }
  setCsrf(flow.ui, exchange.csrf.token)
  if (flow.refresh) flow.ui.messages = [confirmLogin]
  if (flow.requestedAal === 'aal2') flow.ui.messages = [...(flow.ui.messages ?? []), secondFactorDue]
  sortNodes('login', flow.ui)
  saveFlow(exchange.emulator, flow)
  return flow
}

function refuse(flow: Flow, session: Session | undefined): void {
  if (flow.requestedAal !== 'aal1' && flow.requestedAal !== 'aal2') {
    throw kratosError(400, {
      reason: `Unable to parse AuthenticationMethod Assurance Level (AAL): expected one of [aal1, aal2] but got ${flow.requestedAal}`,
    })
  }
  if (!session && flow.requestedAal === 'aal2') throw sessionRequired()
  if (session && !flow.refresh && flow.requestedAal === 'aal1') throw alreadySignedIn()
}

export function sessionRequired() {
  return kratosError(401, {
    id: 'session_aal1_required',
    reason: 'You can not requested a higher AAL (AAL2/AAL3) without an active session.',
    message: 'aal2 and aal3 can only be requested if a session exists already',
  })
}

function passwordForm(flow: Flow): void {
  flow.ui.nodes.push(
    input('default', 'identifier', 'text', '', {
      required: true,
      label: generatedLabel(identitySchema.properties.traits.properties.email.title),
    }),
    passwordField(),
    input('password', 'method', 'submit', 'password', { label: labels.signInWithPassword }),
  )
}

function confirmForm(flow: Flow, { identity }: Session): void {
  const credential = credentialOf(identity, 'password')
  const [identifier] = credential?.identifiers ?? []
  if (!identifier || !credential?.config.hashed_password) return

  flow.ui.nodes.push(
    input('default', 'identifier', 'hidden', identifier),
    passwordField(),
    input('password', 'method', 'submit', 'password', { label: labels.signIn }),
  )
}

function passwordField() {
  return input('password', 'password', 'password', undefined, {
    required: true,
    autocomplete: 'current-password',
    label: labels.password,
  })
}

function isTrue(value: string | null): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value ?? '')
}
