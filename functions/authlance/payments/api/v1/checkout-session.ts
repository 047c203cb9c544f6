import * as z from 'zod'
import { verifyAvailability } from '../../../../../lib/billing/availability.ts'
import { CheckoutOrder, refuseOwnKeys } from '../../../../../lib/billing/checkout/checkout-order.ts'
import { openCheckout } from '../../../../../lib/billing/checkout/open-checkout.ts'
import { requireStripe } from '../../../../../lib/billing/stripe-client.ts'
import { ApiError } from '../../../../../lib/http/errors.ts'
import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'

/*
 * The last step of the dashboard's form for a new organisation. The client reads 409 as a name that was taken meanwhile.
 */

const CheckoutSession = z
  .object({ url: z.string().meta({ description: 'Where the buyer pays' }) })
  .meta({ id: 'DunaAuthCommonCreateCheckoutSessionResponse' })

export default route('/authlance/payments/api/v1/checkout-session', {
  POST: operation({
    summary: 'Open a checkout for a new organisation, or for an own one that has no plan',
    tag: 'Payments',
    access: 'user',
    body: { json: CheckoutOrder },
    responses: { 200: CheckoutSession },
    errors: [
      'email_unverified',
      'payments_not_configured',
      'reserved_metadata',
      'availability_signature_invalid',
      'price_unknown',
      'group_name_taken',
      'conflict',
      'too_many_checkouts',
      'payments_unavailable',
    ],
    async handle({ env, ctx, principal, body, trace }) {
      const { tenant } = principal
      if (!tenant.user.verified) throw new ApiError('email_unverified')
      requireStripe(env.config)
      refuseOwnKeys(body.extraMetadata)
      const checked = { name: body.organizationName, identity: tenant.user.identity }
      if (!(await verifyAvailability(env.keys, body.signature, checked, env.clock.now()))) {
        throw new ApiError('availability_signature_invalid')
      }

      const url = await openCheckout(env, tenant, body, trace)
      env.events.wake(ctx)
      return { url }
    },
  }),
})
