import { readLoose } from './admin-json.ts'
import { createCode } from './codes.ts'
import { timestamp } from './emulator.ts'
import { type Exchange, json } from './exchange.ts'
import { newFlow } from './flow.ts'
import { flowPage, saveFlow } from './flows.ts'
import { parseGoDuration, printGoDuration } from './go-duration.ts'
import { getIdentity } from './identities.ts'
import { KratosError, kratosError } from './kratos-error.ts'
import { labels } from './messages.ts'
import type { Route } from './router.ts'
import { input } from './ui-nodes.ts'

export const adminRecoveryRoutes: Route[] = [
  { method: 'POST', path: '/admin/recovery/code', handle: createRecoveryCode },
]

/** Makes a code that an administrator hands over by hand; the flow is open to whichever browser brings it. */
async function createRecoveryCode(exchange: Exchange): Promise<Response> {
  const { emulator } = exchange
  const body = await readLoose(exchange)
  const lifetimeMs = lifetimeOf(body.expires_in) ?? emulator.lifespans.codeSeconds * 1000
  const type = typeOf(body.flow_type)
  const identity = findIdentity(exchange, String(body.identity_id ?? ''))

  const flow = {
    ...newFlow(exchange, 'recovery', type),
    active: 'code',
    state: 'sent_email',
    skipsCsrf: true,
  }
  flow.expiresAt = emulator.now() + lifetimeMs
  flow.ui.nodes.push(
    input('code', 'code', 'text', undefined, {
      required: true,
      pattern: '[0-9]+',
      maxlength: 6,
      label: labels.recoveryCode,
    }),
    input('code', 'method', 'submit', 'code', { label: labels.continue }),
  )
  saveFlow(emulator, flow)
  const owner = { identityId: identity.id, addressId: null }
  const answer = {
    recovery_link: flowPage(emulator, flow),
    recovery_code: createCode(emulator, flow, owner, lifetimeMs / 1000),
    expires_at: timestamp(flow.expiresAt),
  }
  return json(exchange, answer, 201)
}

function lifetimeOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  const milliseconds = parseGoDuration(text)
  if (milliseconds === undefined) {
    throw kratosError(400, {
      reason: `Unable to parse "expires_in" whose format should match "[0-9]+(ns|us|ms|s|m|h)" but did not: ${text}`,
    })
  }
  if (milliseconds > 0) return milliseconds
  throw kratosError(400, {
    reason: `Value from "expires_in" must result to a future time: ${printGoDuration(milliseconds)}`,
  })
}

function typeOf(value: unknown): 'browser' | 'api' {
  if (value === undefined || value === null) return 'browser'
  if (value === 'browser' || value === 'api') return value
  throw kratosError(400, { reason: `Value from "flow_type" is not valid: ${JSON.stringify(value)}` })
}

function findIdentity({ emulator }: Exchange, id: string) {
  try {
    return getIdentity(emulator.database, id)
  } catch (error) {
    if (!(error instanceof KratosError)) throw error
    throw kratosError(404, { reason: 'could not find identity', message: 'Unable to locate the resource' })
  }
}
