import * as z from 'zod'
import { findGroupSubscriptions } from '../../../../../../../../lib/billing/group-subscriptions.ts'
import {
  GroupSubscription,
  subscriptionAnswer,
} from '../../../../../../../../lib/billing/subscription-schema.ts'
import { ApiError } from '../../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../lib/http/route.ts'

/* What a group has and had. 404 when there is nothing, as the client expects. */

export default route('/authlance/identity/api/v1/admin/subscriptions/group/{groupId}', {
  GET: operation({
    summary: 'All subscriptions of a group, the newest first',
    tag: 'AdminSubscriptions',
    access: 'sysadmin',
    params: z.object({ groupId: z.coerce.number().int().min(1) }),
    responses: { 200: z.array(GroupSubscription) },
    errors: ['not_found'],
    async handle({ env, params }) {
      const rows = await findGroupSubscriptions(env.db, params.groupId)
      if (!rows.length) throw new ApiError('not_found')
      return rows.map(subscriptionAnswer)
    },
  }),
})
