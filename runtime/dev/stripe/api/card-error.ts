import type { StoredPaymentIntent } from '../stored.ts'
import { StripeError } from '../stripe-error.ts'

/** 402, with the payment intent that was declined. */
export function cardError(intent: StoredPaymentIntent | undefined): StripeError {
  const error = intent?.last_payment_error
  return new StripeError(402, {
    type: 'card_error',
    code: error?.code ?? 'card_declined',
    decline_code: error?.decline_code ?? 'generic_decline',
    message: error?.message ?? 'Your card was declined.',
    ...(intent && { payment_intent: intent }),
  })
}
