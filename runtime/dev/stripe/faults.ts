import { pause } from '../../../lib/async/pause.ts'
import { StripeError } from './stripe-error.ts'

/** Ways in which Stripe lets a caller down. */
export interface Faults {
  /** While it is down, every call answers 503. */
  down(isDown: boolean): void
  /** The next so many calls answer 429. */
  rateLimit(calls: number): void
  /** Every call waits this long before it is looked at; 0 ends that. */
  delay(ms: number): void
  /** The next so many calls are carried out, but their answers are lost. */
  loseAnswers(calls: number): void
}

export interface FaultGate extends Faults {
  /** @throws the error that a call meets before it is carried out */
  pass(): Promise<void>
  /** Whether the answer of a call that was carried out is lost. */
  losesAnswer(): boolean
}

export function createFaults(): FaultGate {
  let isDown = false
  let limited = 0
  let delayMs = 0
  let lost = 0
  return {
    down(value) {
      isDown = value
    },
    rateLimit(calls) {
      limited = calls
    },
    delay(ms) {
      delayMs = ms
    },
    loseAnswers(calls) {
      lost = calls
    },
    async pass() {
      if (delayMs > 0) await pause(delayMs)
      if (isDown) throw new StripeError(503, { type: 'api_error', message: 'Stripe is down.' })
      if (limited === 0) return
      limited -= 1
      throw new StripeError(429, {
        type: 'invalid_request_error',
        code: 'rate_limit',
        message: 'Request rate limit exceeded.',
      })
    },
    losesAnswer() {
      if (lost === 0) return false
      lost -= 1
      return true
    },
  }
}
