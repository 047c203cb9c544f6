import { signPayload } from '../../runtime/dev/stripe/signature.ts'
import type { Ask } from './steady-load.ts'
import { WEBHOOK_PATH } from './stripe-courier.ts'

export const WEBHOOK_SECRET = 'whsec_of_the_replicas'
export const MAIL_PASSWORD = 'mail-password'
const PROFILE_PATH = '/authlance/identity/api/v1/profile/my-groups/me'

/** What the requests below need, beside a Kratos that vouches for everybody. */
export const LOAD_CONFIG = {
  authlance: { autoCreateGroup: true },
  paymentTier: { tierName: 'Standard', price: 9, billingCycle: 'month', lookupKey: 'standard' },
  stripe: { webhookSecret: WEBHOOK_SECRET },
}

/** Exchanges the session of a user that the stub of Kratos vouches for. */
export function exchange(url: string, name: string): Promise<Response> {
  return fetch(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': name },
    body: JSON.stringify({ session: `sid-${name}` }),
  })
}

export async function tokenOf(url: string, name: string): Promise<string> {
  const response = await exchange(url, name)
  const { token } = (await response.json()) as { token: string }
  return token
}

/** A signed-in read. */
export function readGroups(url: string, token: string): Promise<Response> {
  return fetch(`${url}${PROFILE_PATH}`, { headers: { authorization: `Bearer ${token}` } })
}

/** An event that Stripe has not sent before. */
export function sendEvent(url: string): Promise<Response> {
  const createdSeconds = Math.floor(Date.now() / 1000)
  const body = JSON.stringify({
    id: `evt_${crypto.randomUUID()}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: createdSeconds,
    livemode: false,
    type: 'product.updated',
    data: { object: { id: 'prod_1', object: 'product' } },
  })
  const signature = signPayload(body, [WEBHOOK_SECRET], createdSeconds)
  return fetch(`${url}${WEBHOOK_PATH}`, { method: 'POST', headers: { 'stripe-signature': signature }, body })
}

/** A mail that Kratos has not sent before. @param url of the internal listener */
export function sendMail(url: string, password = MAIL_PASSWORD): Promise<Response> {
  return fetch(`${url}/authlance/identity/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`mail:${password}`)}` },
    body: JSON.stringify({
      from: 'Authlance <no-reply@example.com>',
      to: 'ada@example.com',
      templateId: 'verification_code_valid',
      templateModel: {
        email: 'ada@example.com',
        name: { first: 'Ada', last: 'Lovelace' },
        verification_code: crypto.randomUUID(),
      },
    }),
  })
}

/** Reads, renewals, first exchanges, webhooks, and mails where the internal listener is given. */
export function everyKind(url: string, token: string, internalUrl?: string): Record<string, Ask> {
  let count = 0
  return {
    read: () => readGroups(url, token),
    renewal: () => exchange(url, `renewed-${count++ % 8}`),
    exchange: () => exchange(url, `new-${count++}-${crypto.randomUUID()}`),
    webhook: () => sendEvent(url),
    ...(internalUrl && { mail: () => sendMail(internalUrl) }),
  }
}
