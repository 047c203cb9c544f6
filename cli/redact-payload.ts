import { WORK_QUEUES } from '../lib/events/streams.ts'

const SECRET = /(secret|password|token)$/i
const REDACTED = '[redacted]'

/**
 * What an event carries, for an operator's screen: Stripe's `client_secret` and the like are left out, and of a mail everything, since
 * it holds codes and links that sign in.
 * @param text JSON
 */
export function redactPayload(type: string, text: string): unknown {
  if (WORK_QUEUES.has(type)) return REDACTED
  return JSON.parse(text, (key, value: unknown) => (SECRET.test(key) && value !== null ? REDACTED : value))
}
