import * as z from 'zod'

const PricingTier = z
  .object({ upTo: z.number(), unitPrice: z.number(), setupPrice: z.number() })
  .meta({ id: 'CommonPricingTierDto' })

const Variant = z.object({
  label: z.string(),
  billingModel: z.enum(['subscription', 'perpetual_auto', 'perpetual_manual']),
  lookupKey: z.string(),
  price: z.number(),
  billingCycle: z.string(),
  description: z.string().optional(),
})

/** A payment tier as the dashboard lists it. */
export const PaymentTier = z
  .object({
    tierName: z.string(),
    lookupKey: z.string().optional(),
    price: z.number().optional().meta({ description: 'In currency units' }),
    billingCycle: z.string().optional(),
    maxMembers: z.number().optional().meta({ description: '0 is unlimited' }),
    tierDescription: z.string().optional(),
    pricingTiers: z.array(PricingTier).optional(),
    platforms: z.array(z.string()).optional(),
    ios_product_id: z.string().optional(),
    variants: z.array(Variant).optional(),
  })
  .meta({ id: 'DunaAuthCommonPaymentTierDto' })
export type PaymentTier = z.output<typeof PaymentTier>
