import * as z from 'zod'
import type { SubscriptionRow } from '../db/tables.ts'
import { OWN_PROVIDER } from './bootstrap-subscription.ts'

/** A group's subscription in answers. */
export const GroupSubscription = z
  .object({
    subscriptionId: z.number(),
    groupId: z.number(),
    tierName: z.string(),
    status: z.string(),
    billingProvider: z.string(),
    billingSubscriptionId: z.string().optional().meta({ description: "The payment provider's id" }),
    billingCustomerId: z.string().optional().meta({ description: 'What the customer portal opens for' }),
    startDate: z.string(),
    endDate: z.string().optional().meta({ description: 'When it ended or will end' }),
  })
  .meta({ id: 'DunaAuthCommonGroupSubscriptionsDto' })
export type GroupSubscription = z.output<typeof GroupSubscription>

/** @param row of a subscription that has its group */
export function subscriptionAnswer(row: SubscriptionRow): GroupSubscription {
  const { provider_customer_id: customerId, ends_at: endsAt } = row
  return {
    subscriptionId: row.id,
    groupId: row.group_id!,
    tierName: row.tier_name,
    status: row.status,
    billingProvider: row.provider,
    startDate: new Date(row.started_at).toISOString(),
    ...(row.provider !== OWN_PROVIDER && { billingSubscriptionId: row.provider_subscription_id }),
    ...(customerId !== null && { billingCustomerId: customerId }),
    ...(endsAt !== null && { endDate: new Date(endsAt).toISOString() }),
  }
}
