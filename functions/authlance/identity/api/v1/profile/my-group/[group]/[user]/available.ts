import * as z from 'zod'
import { signAvailability } from '../../../../../../../../../lib/billing/availability.ts'
import { holdsAgainst, nameStanding } from '../../../../../../../../../lib/billing/checkout/name-standing.ts'
import { findHolder } from '../../../../../../../../../lib/billing/checkout/reservations.ts'
import { operation } from '../../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../../lib/http/route.ts'
import { isSlug, normaliseSlug } from '../../../../../../../../../lib/identity/slug.ts'

/*
 * Asked while a name is typed; the form can be sent once both fields are truthy. The client's rule for names is wider than ours: a name
 * that we do not take is simply not available. The `user` value is ignored.
 */

const Availability = z
  .object({
    available: z.boolean(),
    signature: z.string().meta({ description: 'Proof of the check for 30 minutes; empty when it is taken' }),
  })
  .meta({ id: 'DunaAuthCommonGroupAvailabilityResponse' })

export default route('/authlance/identity/api/v1/profile/my-group/{group}/{user}/available', {
  GET: operation({
    summary: 'Whether a name is free to buy a subscription for',
    tag: 'Profile',
    access: 'user',
    params: z.object({ group: z.string().trim().min(1), user: z.string() }),
    responses: { 200: Availability },
    async handle({ env, params, principal }) {
      const name = normaliseSlug(params.group)
      const { identity } = principal.tenant.user
      const now = env.clock.now()
      if (!isSlug(name)) return { available: false, signature: '' }

      const holder = await findHolder(env.db, name)
      const { kind } = await nameStanding(env.db, env.config, principal.tenant, name)
      const available = kind !== 'taken' && !(holder && holdsAgainst(holder, identity, now))
      return {
        available,
        signature: available ? await signAvailability(env.keys, { name, identity }, now) : '',
      }
    },
  }),
})
