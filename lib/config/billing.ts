import * as z from 'zod'
import {
  amount,
  duration,
  flag,
  httpUrl,
  MAX_COUNT,
  MAX_DAYS,
  millis,
  nameText,
  secretText,
  text,
  whole,
} from './fields.ts'

const PricingTier = z.object({
  upTo: whole('Last member count of this step; 0 = open-ended', 0, MAX_COUNT).default(0),
  unitPrice: amount('Price of one member in currency units').default(0),
  setupPrice: amount('Price of the step itself in currency units').default(0),
})

const Variant = z.object({
  label: text('Name shown for the variant'),
  billingModel: z
    .enum(['subscription', 'perpetual_auto', 'perpetual_manual'])
    .default('subscription')
    .meta({ description: 'How the variant is paid' }),
  lookupKey: nameText('Stripe lookup key of the variant'),
  price: amount('Price in currency units').default(0),
  billingCycle: text('Billing cycle as shown').default('monthly'),
  description: text('Text shown for the variant').optional(),
})

/** A plan that a group can subscribe to. */
export const TierSchema = z.object({
  tierName: nameText('Unique name of the tier'),
  lookupKey: nameText('Stripe lookup key').optional(),
  price: amount('Price in currency units').default(0),
  billingCycle: text('Billing cycle as shown').default('monthly'),
  maxMembers: whole('Largest number of members; 0 = unlimited', 0, MAX_COUNT).default(0),
  tierDescription: text('Text shown for the tier').optional(),
  pricingTiers: z.array(PricingTier).default([]).meta({ description: 'Prices by member count' }),
  platforms: z
    .array(z.enum(['ios', 'android', 'web']))
    .default([])
    .meta({ description: 'Platforms that offer the tier; empty = all', scalar: 'comma' }),
  ios_product_id: text('App Store product').optional(),
  variants: z.array(Variant).default([]).meta({ description: 'Other ways to pay for the tier' }),
})

export type Tier = z.output<typeof TierSchema>

export const StripeSchema = z.object({
  secretKey: secretText('Stripe API key').optional(),
  webhookSecret: z.array(secretText('A signing secret')).default([]).meta({
    description: 'Signing secret of the webhook, or a list: each is tried, so that a rotation can overlap',
    secret: true,
    scalar: 'item',
  }),
  webhookBaseUrl: httpUrl('Public base URL under which Stripe calls the webhook').optional(),
  successBaseUrl: httpUrl('Base URL of the dashboard for the checkout success page').optional(),
  rootAppUrl: httpUrl('URL of the application, for a cancelled checkout').optional(),
  frontEndBasePath: text('Path prefix of the dashboard').optional(),
  trialPeriodDays: whole('Trial of a new subscription in days', 0, 730).default(0),
  portalReturnUrl: httpUrl('Where the customer portal returns to').optional(),
  apiBase: httpUrl("Stripe's API, or a stand-in for it").default('https://api.stripe.com'),
  timeoutMs: millis('Longest wait for one call of Stripe', 1).default(5000),
  maxRetries: whole('How often a call that failed is tried again', 0, 10).default(2),
  maxAttempts: whole('Failures of one event of its own before it is a dead letter', 1, 100).default(12),
  leaseMs: millis('How long a replica holds the events that it applies', 1000).default(30_000),
  workerIntervalMs: millis('How often waiting events are looked for', 10).default(1000),
  reconcileIntervalMs: millis('How often the ledger is compared with Stripe; 0 = never', 0).default(900_000),
  payloadRetentionDays: whole('Days that the payload of a settled event is kept', 1, MAX_DAYS).default(30),
})

export const AppStoreSchema = z.object({
  enabled: flag('Accept App Store purchases').default(false),
  bundleId: text('Bundle id of the app').optional(),
  rootCerts: z
    .array(text('Path of a certificate'))
    .default([])
    .meta({ description: 'Paths of the Apple root certificates', scalar: 'item' }),
  allowSandbox: flag('Accept sandbox purchases').default(false),
})

export const LicenseSchema = z.object({
  filePath: text('Path of the licence file').optional(),
  refreshInterval: duration('How often the licence file is read again (milliseconds once parsed)').prefault(
    '30m',
  ),
  gracePeriodDays: whole('Days that an expired licence goes on working', 0, MAX_DAYS).default(45),
})
