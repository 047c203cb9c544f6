import { createHmac } from 'node:crypto'

/** The `Stripe-Signature` header of a body: one `v1` for each secret. @param at seconds since the epoch */
export function signPayload(body: string, secrets: string[], at: number): string {
  const signatures = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'),
  )
  return [`t=${at}`, ...signatures.map((signature) => `v1=${signature}`)].join(',')
}
