import type { StripeStandIn } from '../../../runtime/dev/stripe/stripe-stand-in.ts'
import type { PublishedEvent } from '../../parts/jetstream-events.ts'

/** One way to run the product, as the suite needs it. */
export interface Transport {
  /** The public API. */
  url: string
  /** Absent on the edge, which has no internal port. */
  internalUrl?: string
  /** What subscribers of the bus have got so far. */
  events(): Promise<PublishedEvent[]>
  /** Takes Kratos away and brings it back. */
  restartKratos(): Promise<void>
  /** Has Kratos take an identity's address for verified. */
  verifyAddress(identity: string): Promise<void>
  /** Stripe as the product knows it. */
  stripe: StripeStandIn
  /** Does what the schedule does each minute, where nothing runs by itself. */
  runSchedule?(): Promise<void>
  stop(): Promise<void>
}

/** An origin that every transport allows, beside its own. */
export const ALLOWED_ORIGIN = 'https://dashboard.example.com'

/** The configuration that every transport runs with, beside its database, bus and Kratos. */
export const SUITE_CONFIG = {
  debug: true,
  authlance: { autoCreateGroup: true },
  allowedOrigins: [ALLOWED_ORIGIN],
  paymentTiers: [
    {
      tierName: 'Standard',
      price: 9,
      billingCycle: 'month',
      lookupKey: 'standard',
      tierDescription: 'For a team',
    },
    { tierName: 'Company', price: 490, billingCycle: 'year', lookupKey: 'company' },
  ],
  stripe: { trialPeriodDays: 14 },
}
