import type { StripeAnswer } from './stripe-client.ts'

/** Stripe cannot be asked, or refuses: a sentence for operators, without what was asked. */
export class StripeAwayError extends Error {
  override readonly name = 'StripeAwayError'
}

/** The answer, for a command; undefined when the object is missing. @throws {StripeAwayError} */
export function answerOrThrow<T>(answer: StripeAnswer<T>): { value: T; asOf: number } | undefined {
  switch (answer.kind) {
    case 'answer':
      return answer
    case 'missing':
      return undefined
    case 'away':
      throw new StripeAwayError(`stripe: away: ${answer.reason}`, { cause: answer.cause })
    case 'refused':
      throw new StripeAwayError(`stripe: refused: ${answer.code}`, { cause: answer.cause })
  }
}
