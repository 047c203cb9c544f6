import { pauseSubmit, resumeSubmit } from './continuity.ts'
import type { Exchange } from './exchange.ts'
import type { Flow } from './flow.ts'
import { FlowFailure, failure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { type FormBody, readForm, textField, traitsField } from './form-body.ts'
import { clearMessages, resetFields, setFormValues } from './form-values.ts'
import type { Identity } from './identity.ts'
import { noStrategy } from './messages.ts'
import { hashPassword, passwordProblem } from './password.ts'
import type { Session } from './session.ts'
import { missing, normaliseEmail, type Traits, traitProblems } from './traits.ts'
import { setCsrf } from './ui-nodes.ts'

/** What a settings submit changes: the identity with its new traits, or the hash of a new password. */
export interface SettingsChange {
  identity: Identity
  passwordHash?: string
}

/** The session is too old for a change of how somebody signs in. */
export class ConfirmationDue extends Error {}

/**
 * Reads and checks a submit. A browser that had to confirm the password goes on with what it sent before.
 * @throws FlowFailure, ConfirmationDue, 403 `security_csrf_violation`
 */
export async function readChange(
  exchange: Exchange,
  flow: Flow,
  session: Session,
  mayResume: boolean,
): Promise<SettingsChange> {
  const body = (mayResume && resumed(exchange, flow, session)) || (await readForm(exchange))
  clearMessages(flow.ui)
  setCsrf(flow.ui, exchange.csrf.token)

  const method = textField(body, 'method')
  if (method === 'password') return pausing(exchange, flow, session, body, 'password', passwordChange)
  if (method === 'profile') return pausing(exchange, flow, session, body, 'profile', profileChange)
  throw failure(noStrategy.settings)
}

/** Whether the person has proved recently who they are. */
function isPrivileged({ emulator }: Exchange, session: Session): boolean {
  return session.authenticatedAt + emulator.lifespans.privilegedSeconds * 1000 > emulator.now()
}

type Reader = (exchange: Exchange, flow: Flow, session: Session, body: FormBody) => Promise<SettingsChange>

async function pausing(
  exchange: Exchange,
  flow: Flow,
  session: Session,
  body: FormBody,
  method: 'password' | 'profile',
  read: Reader,
): Promise<SettingsChange> {
  try {
    return await read(exchange, flow, session, body)
  } catch (error) {
    const isApiPassword = flow.type === 'api' && method === 'password'
    if (error instanceof ConfirmationDue && !isApiPassword) {
      pauseSubmit(exchange, method, session.identity.id, { ...body, flow: flow.id })
    }
    throw error
  }
}

async function passwordChange(
  exchange: Exchange,
  flow: Flow,
  session: Session,
  body: FormBody,
): Promise<SettingsChange> {
  const password = textField(body, 'password')
  if (password === '') throw new FlowFailure([missing('password')])
  ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))
  if (!isPrivileged(exchange, session)) throw new ConfirmationDue()

  const { identity } = session
  const problem = passwordProblem(password, identity.traits.email.toLowerCase())
  if (problem) throw failure(problem, 'password')
  return { identity, passwordHash: await hashPassword(password) }
}

async function profileChange(
  exchange: Exchange,
  flow: Flow,
  session: Session,
  body: FormBody,
): Promise<SettingsChange> {
  const traits = traitsField(body)
  resetFields(flow.ui, 'traits.')
  setFormValues(flow.ui, traits, 'traits', 'profile')
  const problems = traitProblems(traits)
  if (problems.length > 0) throw new FlowFailure(problems)
  ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))

  const changed = traits as unknown as Traits
  const { identity } = session
  const isSameAddress = normaliseEmail(changed.email) === normaliseEmail(identity.traits.email)
  if (!isSameAddress && !isPrivileged(exchange, session)) throw new ConfirmationDue()
  return { identity: { ...identity, traits: changed, stateChangedAt: null } }
}

function resumed(exchange: Exchange, flow: Flow, { identity }: Session): FormBody | undefined {
  for (const method of ['password', 'profile'] as const) {
    const body = resumeSubmit(exchange, method, identity.id)
    if (body?.flow === flow.id) return body
  }
  return undefined
}
