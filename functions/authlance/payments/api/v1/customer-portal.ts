import * as z from 'zod'
import { findPayingGroup } from '../../../../../lib/billing/billing-customers.ts'
import { portalReturnUrl } from '../../../../../lib/billing/checkout/dashboard-urls.ts'
import { askStripe, requireAnswer, requireStripe } from '../../../../../lib/billing/stripe-client.ts'
import { ApiError } from '../../../../../lib/http/errors.ts'
import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'

/* Where a group-admin changes the plan and pays; the customer of a group that is not one's own to manage looks absent. */

const PortalQuestion = z
  .object({ customerId: z.string().min(1).max(255) })
  .meta({ id: 'DunaAuthCommonCreateCustomerPortalSessionRequest' })
const PortalSession = z
  .object({ url: z.string() })
  .meta({ id: 'DunaAuthCommonCreateCustomerPortalSessionResponse' })

export default route('/authlance/payments/api/v1/customer-portal', {
  POST: operation({
    summary: "Open the customer portal, for a group-admin of the customer's group",
    tag: 'Payments',
    access: 'user',
    body: { json: PortalQuestion },
    responses: { 200: PortalSession },
    errors: ['payments_not_configured', 'not_found', 'payments_unavailable'],
    async handle({ env, principal, body }) {
      requireStripe(env.config)
      const returnUrl = portalReturnUrl(env.config.stripe)
      const groupId = await findPayingGroup(env.db, body.customerId)
      const { roles, memberships } = principal.tenant
      const membership = memberships.find(({ group }) => group.id === groupId)
      const mayManage = roles.includes('sysadmin') || membership?.roles.includes('group-admin')
      if (groupId === undefined || !mayManage) throw new ApiError('not_found')

      const answer = await askStripe(env, 'billingPortal.sessions.create', (stripe) =>
        stripe.billingPortal.sessions.create({ customer: body.customerId, return_url: returnUrl }),
      )
      return { url: requireAnswer(answer).url }
    },
  }),
})
