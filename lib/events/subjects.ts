import * as z from 'zod'

/*
 * Every subject that we publish, with the schema of its payload. The published message is the payload with
 * `id`, `time`, `schemaVersion` and `seq` added, so no payload uses these names.
 */

const Actor = z.object({
  identity: z.string().meta({ description: 'Kratos identity id' }),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
})

const GroupRef = z.object({ id: z.int(), name: z.string().meta({ description: 'Slug' }) })

export const UserCreated = z.object({ user: Actor })
export const UserAuthenticated = z.object({
  user: Actor,
  email: z.string(),
  subId: z.string().meta({ description: 'Kratos identity id, as siblings name it' }),
})
export const GroupCreated = z.object({ group: GroupRef.extend({ longName: z.string() }), user: Actor })
export const SubscriptionCreated = z.object({
  tierName: z.string().meta({ description: 'Of a price that no tier has, its lookup key or id' }),
  group: GroupRef,
  status: z.string().meta({ description: 'As at Stripe: `trialing`, `active`, `past_due`, …' }),
  subscriptionId: z.int(),
  billingProvider: z.string(),
  startDate: z.iso.datetime(),
  endDate: z.iso
    .datetime()
    .optional()
    .meta({ description: 'When it ended or will end; of a trial without a provider, its end' }),
  quantity: z.int(),
  billingSubscriptionId: z.string().optional().meta({ description: "The payment provider's id" }),
  billingCustomerId: z.string().optional(),
  periodEnd: z.iso.datetime().optional().meta({ description: 'Until when it is paid' }),
})
export const SubscriptionUpdated = SubscriptionCreated.extend({
  previous: z
    .object({ status: z.string(), tierName: z.string(), quantity: z.int() })
    .meta({ description: 'What it was before' }),
})
export const SubscriptionTrialEnding = SubscriptionCreated.extend({ trialEnd: z.iso.datetime() })
export const SubscriptionCanceled = SubscriptionCreated

/** As the public consumers read it: a customer where they expect a user, amounts as text. */
const Payment = z.object({
  user: z.object({
    id: z.string().meta({ description: 'Stripe customer id; empty for a guest' }),
    email: z.string(),
    name: z.string(),
    subId: z.string().optional().meta({ description: 'Our subscription id' }),
  }),
  email: z.string(),
  amount: z.string().meta({ description: 'In currency units, such as `29.00`' }),
  amountMinor: z.int().meta({ description: 'In minor units of the currency' }),
  currency: z.string().meta({ description: 'ISO 4217, lower case' }),
  subscriptionId: z.int().optional().meta({ description: 'Our subscription id' }),
  stripeCustomerId: z.string(),
  stripeSubscriptionId: z.string().optional(),
  stripeInvoiceId: z.string().optional(),
  stripePaymentIntentId: z.string().optional(),
  organizationId: z.int().optional().meta({ description: 'Group id; absent while nobody knows the group' }),
})
export const PaymentSuccess = Payment.extend({
  invoice_pdf: z.string(),
  subscription_status: z.string(),
  billingReason: z.string(),
  period_end: z.iso.datetime().optional(),
})
export const PaymentDeclined = Payment.extend({
  reason: z.string(),
  attempt: z.int().optional().meta({ description: 'Which try at the invoice this was' }),
})

export const StripeWebhookEvent = z.object({
  eventId: z.string(),
  type: z.string(),
  created: z.iso.datetime(),
  livemode: z.boolean(),
  apiVersion: z.string().optional(),
  object: z
    .object({ id: z.string().optional(), object: z.string().optional() })
    .meta({ description: 'What the event is about' }),
  event: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'The whole event as Stripe sent it; absent above 128 KiB' }),
})

/** As the public consumer reads it; it drops a mail without a word when the address or a name is empty. */
export const MailSend = z.object({
  to: z.string(),
  from: z.string(),
  templateId: z.string().meta({ description: "Kratos' template type, such as `verification_code_valid`" }),
  templateModel: z.looseObject({
    email: z.string(),
    name: z.looseObject({ first: z.string(), last: z.string() }),
    recovery_url: z.string().nullable(),
    verification_url: z.string().nullable(),
    recovery_code: z.string().nullable(),
    verification_code: z.string().nullable(),
  }),
})

const ADA = {
  identity: '9f1c6f0e-6d0b-4d53-8d3c-6d1f5a1c2b7e',
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
}

const CHANGE = {
  tierName: 'Standard',
  group: { id: 7, name: 'ada' },
  status: 'active',
  subscriptionId: 8,
  billingProvider: 'stripe',
  startDate: '2026-01-01T00:00:00.000Z',
  quantity: 1,
  billingSubscriptionId: 'sub_1',
  billingCustomerId: 'cus_1',
  periodEnd: '2026-02-01T00:00:00.000Z',
}

const PAYMENT = {
  user: { id: 'cus_1', email: ADA.email, name: 'Ada Lovelace', subId: '8' },
  email: ADA.email,
  amount: '29.00',
  amountMinor: 2900,
  currency: 'eur',
  subscriptionId: 8,
  stripeCustomerId: 'cus_1',
  stripeSubscriptionId: 'sub_1',
  stripeInvoiceId: 'in_1',
  organizationId: 7,
}

/** Subject -> schema version, payload schema and an example for the documentation. */
export const SUBJECTS = {
  'user.created': {
    schemaVersion: 1,
    summary: 'A user was provisioned: once per Kratos identity.',
    schema: UserCreated,
    example: { user: ADA },
  },
  'user.authenticated': {
    schemaVersion: 1,
    summary: 'A Kratos session was exchanged for the first time: once per session, not on renewal.',
    schema: UserAuthenticated,
    example: { user: ADA, email: ADA.email, subId: ADA.identity },
  },
  'group.created': {
    schemaVersion: 1,
    summary: 'A group was made.',
    schema: GroupCreated,
    example: { group: { id: 7, name: 'ada', longName: 'Ada Lovelace' }, user: ADA },
  },
  'subscription.created': {
    schemaVersion: 1,
    summary: 'A group got a subscription.',
    schema: SubscriptionCreated,
    example: {
      tierName: 'Standard',
      group: { id: 7, name: 'ada' },
      status: 'trialing',
      subscriptionId: 7,
      billingProvider: 'authlance',
      startDate: '2026-01-01T00:00:00.000Z',
      endDate: '2026-01-15T00:00:00.000Z',
      quantity: 1,
    },
  },
  'subscription.updated': {
    schemaVersion: 1,
    summary: "A group's subscription changed: status, tier, quantity, period or a planned end.",
    schema: SubscriptionUpdated,
    example: {
      ...CHANGE,
      status: 'past_due',
      previous: { status: 'active', tierName: 'Standard', quantity: 1 },
    },
  },
  'subscription.trial_ending': {
    schemaVersion: 1,
    summary: 'A trial ends soon (at Stripe in three days): once for each end.',
    schema: SubscriptionTrialEnding,
    example: { ...CHANGE, status: 'trialing', trialEnd: '2026-01-15T00:00:00.000Z' },
  },
  'subscription.canceled': {
    schemaVersion: 1,
    summary: 'A subscription ended; it does not come back.',
    schema: SubscriptionCanceled,
    example: { ...CHANGE, status: 'canceled', endDate: '2026-02-01T00:00:00.000Z' },
  },
  'payment.success': {
    schemaVersion: 1,
    summary: 'An invoice, or a payment without one, was paid: once for each.',
    schema: PaymentSuccess,
    example: {
      ...PAYMENT,
      invoice_pdf: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
      subscription_status: 'active',
      billingReason: 'subscription_cycle',
      period_end: '2026-02-01T00:00:00.000Z',
    },
  },
  'payment.declined': {
    schemaVersion: 1,
    summary: 'A payment failed: once for each attempt.',
    schema: PaymentDeclined,
    example: { ...PAYMENT, reason: 'card_declined', attempt: 1 },
  },
  'stripe.webhook.event': {
    schemaVersion: 1,
    summary: 'Stripe sent an event; it is stored before this is told.',
    schema: StripeWebhookEvent,
    example: {
      eventId: 'evt_1',
      type: 'invoice.paid',
      created: '2026-01-01T00:00:00.000Z',
      livemode: false,
      apiVersion: '2026-10-28.endive',
      object: { id: 'in_1', object: 'invoice' },
    },
  },
  'mail.send': {
    schemaVersion: 1,
    summary: 'Kratos wants a mail sent. What else its template gives stands in `templateModel` too.',
    schema: MailSend,
    example: {
      to: ADA.email,
      from: 'no-reply@example.com',
      templateId: 'verification_code_valid',
      templateModel: {
        email: ADA.email,
        name: { first: 'Ada', last: 'Lovelace' },
        recovery_url: null,
        verification_url: 'https://app.example.com/verify?flow=1&code=123456',
        recovery_code: null,
        verification_code: '123456',
      },
    },
  },
} as const satisfies Record<string, SubjectDefinition>

export interface SubjectDefinition {
  schemaVersion: number
  summary: string
  schema: z.ZodObject
  example: Record<string, unknown>
}

export type Subject = keyof typeof SUBJECTS
export type Payload<S extends Subject> = z.output<(typeof SUBJECTS)[S]['schema']>
