import * as z from 'zod'
import { completeCheckout } from '../../../../../lib/billing/checkout/complete-checkout.ts'
import { findReservationBySession } from '../../../../../lib/billing/checkout/reservations.ts'
import { ApiError } from '../../../../../lib/http/errors.ts'
import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'

/*
 * The page that a payment ends on asks once, maybe before the webhook came: what was paid is made here too. Only the buyer is
 * answered; another's session looks absent.
 */

const SessionQuestion = z
  .object({ sessionId: z.string().min(1).max(255) })
  .meta({ id: 'DunaAuthCommonGetSubscriptionSessionRequest' })
const SessionAnswer = z
  .object({ subscriptionId: z.string() })
  .meta({ id: 'DunaAuthCommonGetSubscriptionSessionResponse' })

export default route('/authlance/payments/api/v1/session-id', {
  POST: operation({
    summary: 'The subscription that a checkout session led to',
    tag: 'Payments',
    access: 'user',
    body: { json: SessionQuestion },
    responses: { 200: SessionAnswer },
    errors: ['not_found', 'payments_unavailable'],
    async handle({ env, ctx, principal, body, trace }) {
      const reservation = await findReservationBySession(env.db, body.sessionId)
      if (reservation?.identity !== principal.tenant.user.identity) throw new ApiError('not_found')

      const completed = await completeCheckout(env, body.sessionId, env.clock.now(), trace)
      if (!completed) throw new ApiError('not_found')
      env.events.wake(ctx)
      return { subscriptionId: completed.subscriptionId }
    },
  }),
})
