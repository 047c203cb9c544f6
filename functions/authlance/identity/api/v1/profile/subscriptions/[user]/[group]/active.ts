import * as z from 'zod'
import {
  currentSubscription,
  findGroupSubscriptions,
} from '../../../../../../../../../lib/billing/group-subscriptions.ts'
import {
  GroupSubscription,
  subscriptionAnswer,
} from '../../../../../../../../../lib/billing/subscription-schema.ts'
import { ApiError } from '../../../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../../lib/http/route.ts'
import { groupOfPrincipal } from '../../../../../../../../../lib/identity/group-of-principal.ts'

/* The plan that the dashboard shows for a group; its customer id opens the portal. The `user` value is ignored. */

export default route('/authlance/identity/api/v1/profile/subscriptions/{user}/{group}/active', {
  GET: operation({
    summary: "A group's live subscription, else its most recent one",
    tag: 'Subscriptions',
    access: 'groupMember',
    params: z.object({ user: z.string(), group: z.string() }),
    responses: { 200: GroupSubscription },
    errors: ['not_found'],
    async handle({ env, params, principal }) {
      const group = await groupOfPrincipal(env.db, principal, params.group)
      if (!group) throw new ApiError('not_found')

      const rows = await findGroupSubscriptions(env.db, group.id)
      const current = currentSubscription(rows, env.clock.now())
      if (!current) throw new ApiError('not_found')
      return subscriptionAnswer(current)
    },
  }),
})
