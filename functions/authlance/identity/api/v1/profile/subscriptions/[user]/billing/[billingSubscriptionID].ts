import * as z from 'zod'
import { boughtSubscription, buyerOf } from '../../../../../../../../../lib/billing/bought-subscription.ts'
import {
  GroupSubscription,
  subscriptionAnswer,
} from '../../../../../../../../../lib/billing/subscription-schema.ts'
import { ApiError } from '../../../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../../lib/http/route.ts'

/*
 * The last question of the page that a payment ends on; it may come before the webhook, so what the ledger lacks is taken from Stripe.
 * Members of the group and whoever bought are answered; for others the subscription looks absent. The `user` value is ignored.
 */

export default route(
  '/authlance/identity/api/v1/profile/subscriptions/{user}/billing/{billingSubscriptionID}',
  {
    GET: operation({
      summary: "A group's subscription by the payment provider's id",
      tag: 'Subscriptions',
      access: 'user',
      params: z.object({ user: z.string(), billingSubscriptionID: z.string().max(255) }),
      responses: { 200: GroupSubscription },
      errors: ['not_found', 'payments_unavailable'],
      effectful: true,
      async handle({ env, ctx, params, principal, trace }) {
        const { user, roles, memberships } = principal.tenant
        const row = await boughtSubscription(env, params.billingSubscriptionID, env.clock.now(), trace)
        if (!row) throw new ApiError('not_found')
        env.events.wake(ctx)

        const isMember = memberships.some(({ group }) => group.id === row.group_id)
        const mayRead = isMember || roles.includes('sysadmin') || (await buyerOf(env, row)) === user.identity
        if (!mayRead) throw new ApiError('not_found')
        return subscriptionAnswer(row)
      },
    }),
  },
)
