import * as z from 'zod'
import { PaymentTier } from '../../../../../../lib/billing/tier-schema.ts'
import { findTiers } from '../../../../../../lib/billing/tiers.ts'
import { ApiError } from '../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../lib/http/route.ts'

/* The price list, for pages that a visitor sees before signing in. 404 when nothing is on offer, as the client expects. */

const TiersQuery = z.object({ platform: z.enum(['ios', 'android', 'web']).optional() })

export default route('/authlance/identity/api/v1/subscriptions/tiers', {
  GET: operation({
    summary: 'The payment tiers on offer',
    tag: 'Subscriptions',
    access: 'public',
    query: TiersQuery,
    responses: { 200: z.array(PaymentTier) },
    errors: ['not_found', 'database_unavailable'],
    async handle({ env, query }) {
      const tiers = await findTiers(env.db, query.platform)
      if (!tiers.length) throw new ApiError('not_found')
      return tiers
    },
  }),
})
