import * as z from 'zod'
import { PaymentTier } from '../../../../../../../../lib/billing/tier-schema.ts'
import { findTiers } from '../../../../../../../../lib/billing/tiers.ts'
import { ApiError } from '../../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../lib/http/route.ts'

/* The dashboard shows its change of plan when there is more than one. The `user` value is ignored. */

export default route('/authlance/identity/api/v1/profile/subscriptions/{user}/tiers', {
  GET: operation({
    summary: 'The payment tiers on offer, for a signed-in user',
    tag: 'Subscriptions',
    access: 'user',
    params: z.object({ user: z.string() }),
    responses: { 200: z.array(PaymentTier) },
    errors: ['not_found'],
    async handle({ env }) {
      const tiers = await findTiers(env.db)
      if (!tiers.length) throw new ApiError('not_found')
      return tiers
    },
  }),
})
