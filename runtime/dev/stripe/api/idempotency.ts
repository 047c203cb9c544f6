import type { StandIn } from '../stand-in.ts'
import { StripeError } from '../stripe-error.ts'

/** How long Stripe remembers a key. */
const REMEMBERED_SECONDS = 86_400

/**
 * The answer that was given to this key before.
 * @throws 400 when the key came with something else
 */
export function earlierAnswer({ store, clock }: StandIn, key: string, fingerprint: string) {
  const answer = store.answers.get(key)
  if (!answer || answer.at <= clock.seconds() - REMEMBERED_SECONDS) return undefined
  if (answer.fingerprint === fingerprint) return answer
  throw new StripeError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  })
}

/** Keeps what a request did; one that was refused before it did anything may be corrected under its key. */
export function rememberAnswer(
  { store, clock }: StandIn,
  answer: { id: string; fingerprint: string; status: number; body: string; requestId: string },
): void {
  if (answer.status >= 400 && answer.status !== 402) return
  store.answers.set(answer.id, { ...answer, at: clock.seconds() })
}
