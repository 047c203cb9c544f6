import { describe, expect, test } from 'vitest'
import { drainStripeEvents } from '../../../../lib/billing/ledger/drain-stripe-events.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { openToldAccount, type Told } from './told-account.ts'

const DAY_MS = 86_400_000
type Account = Awaited<ReturnType<typeof openToldAccount>>

function payloads(told: Told[], subject: string) {
  return told.filter((one) => one.subject === subject).map(({ payload }) => payload)
}

async function subscribed(card: 'ok' | 'declined' = 'ok') {
  const account = await openToldAccount()
  const customer = account.customer({ group: 'anna' }, card)
  const { id } = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
  return { account, customer, id }
}

async function ofTypes(account: Account, ...types: string[]): Promise<Letter[]> {
  return (await account.sent()).filter(({ body }) => types.includes(JSON.parse(body).type))
}

/** A payment that no invoice asks for. */
async function payOnce({ stripe }: Account, customer: string, fields: Record<string, string>): Promise<void> {
  const body = new URLSearchParams({ customer, payment_method: 'pm_card_visa', confirm: 'true', ...fields })
  const headers = { authorization: 'Bearer sk_test_dashboard' }
  await stripe.fetch(new Request('http://stripe.test/v1/payment_intents', { method: 'POST', headers, body }))
}

describe('payment.success', () => {
  test.each([['invoice.paid'], ['invoice.payment_succeeded'], ['invoice.paid', 'invoice.payment_succeeded']])(
    'is told once of a paid invoice when Stripe tells %s %s',
    async (...types) => {
      const { account, customer, id } = await subscribed()
      await account.tell(await ofTypes(account, ...types))
      const told = await account.news()

      const [invoice] = account.stripe.state.invoices()
      const row = await account.subscription(id)
      expect(payloads(told, 'payment.success')).toEqual([
        {
          user: { id: customer, email: 'ada@example.com', name: 'Ada', subId: String(row.id) },
          email: 'ada@example.com',
          amount: '10.00',
          amountMinor: 1000,
          currency: 'usd',
          subscriptionId: row.id,
          stripeCustomerId: customer,
          stripeSubscriptionId: id,
          stripeInvoiceId: invoice!.id,
          organizationId: await account.groupId('anna'),
          invoice_pdf: expect.stringContaining('http'),
          subscription_status: 'active',
          billingReason: 'subscription_create',
          period_end: new Date(row.period_end!).toISOString(),
          ...(told.at(-1)!.payload.stripePaymentIntentId && {
            stripePaymentIntentId: expect.stringMatching(/^pi_/),
          }),
        },
      ])
    },
  )

  test('of an invoice that comes before its subscription names the group all the same', async () => {
    const { account } = await subscribed()
    await account.tell(await ofTypes(account, 'invoice.paid'))
    const told = await account.news()
    expect(told.map(({ subject }) => subject)).toEqual(['subscription.created', 'payment.success'])
    expect(told[1]!.payload.organizationId).toBe(await account.groupId('anna'))
  })

  test('of the first invoice of a trial is told with an amount of nothing', async () => {
    const account = await openToldAccount()
    const customer = account.customer({ group: 'anna' })
    account.stripe.actions.createSubscription({ customer, price: account.price('plan-0'), trialDays: 7 })
    await account.catchUp()
    expect(payloads(await account.news(), 'payment.success')).toMatchObject([
      { amount: '0.00', amountMinor: 0, subscription_status: 'trialing' },
    ])
  })

  test.each([
    ['usd', '12.34'],
    ['jpy', '1234'],
    ['kwd', '1.234'],
  ])('of a payment without an invoice has its amount in %s', async (currency, amount) => {
    const account = await openToldAccount()
    const customer = account.customer({ group: 'anna' })
    await payOnce(account, customer, { amount: '1234', currency })
    await account.catchUp()
    const [payment, ...others] = payloads(await account.news(), 'payment.success')
    expect(others).toEqual([])
    expect(payment).toMatchObject({
      amount,
      amountMinor: 1234,
      currency,
      stripePaymentIntentId: expect.stringMatching(/^pi_/),
      organizationId: await account.groupId('anna'),
    })
  })

  test('is not told of a payment that may be one of an invoice, while nobody can ask Stripe', async () => {
    const { account } = await subscribed()
    const { secretKey, ...withoutKey } = account.work.config.stripe
    account.work.config = { ...account.work.config, stripe: withoutKey }
    const intents = await ofTypes(account, 'payment_intent.succeeded')
    const current = intents.map(({ id, body }) => {
      const event = JSON.parse(body)
      delete event.data.object.invoice
      return { id, body: JSON.stringify(event) }
    })
    expect(current).toHaveLength(1)
    await account.tell(current)
    expect(await drainStripeEvents(account.work)).toMatchObject({ failed: 0 })
    expect(await account.news()).toEqual([])
    expect(account.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('payment.declined', () => {
  test('is told once for each attempt, with its number and the reason, also when it comes late', async () => {
    const { account, customer } = await subscribed()
    account.stripe.actions.setPaymentMethod(customer, 'declined')
    account.stripe.actions.advance(32 * DAY_MS)
    account.stripe.actions.advance(4 * DAY_MS)
    account.stripe.actions.setPaymentMethod(customer, 'ok')
    const invoice = account.stripe.state.invoices().findLast(({ status }) => status === 'open')!
    account.stripe.actions.retryInvoice(invoice.id!)
    const letters = await account.sent()
    const attempts = account.stripe.state
      .events()
      .filter(({ type }) => type === 'invoice.payment_failed')
      .map(({ object }) => JSON.parse(object).attempt_count as number)
    expect(attempts.length).toBeGreaterThan(1)

    const isFailure = ({ body }: Letter) => JSON.parse(body).type === 'invoice.payment_failed'
    await account.tell(letters.filter((letter) => !isFailure(letter)))
    await account.tell([...letters.filter(isFailure), ...letters.filter(isFailure)])

    const told = payloads(await account.news(), 'payment.declined')
    expect(told.map(({ attempt }) => attempt).toSorted()).toEqual(attempts)
    for (const each of told) {
      expect(each).toMatchObject({
        amount: '10.00',
        stripeInvoiceId: invoice.id,
      })
      expect(each.reason).not.toBe('')
    }
    const row = await account.db
      .selectFrom('invoices')
      .select('status')
      .where('invoice_id', '=', invoice.id!)
      .executeTakeFirstOrThrow()
    expect(row.status).toBe('paid')
  })

  test('names the reason that the bank gave', async () => {
    const { account } = await subscribed('declined')
    await account.catchUp()
    const [declined] = payloads(await account.news(), 'payment.declined')
    expect(declined.reason).toBe('generic_decline')
  })
})

describe('a refund', () => {
  test('is recorded with what was given back each time, and told to nobody', async () => {
    const { account } = await subscribed()
    const [charge] = account.stripe.state.charges()
    account.stripe.actions.refund(charge!.id, 300)
    account.stripe.actions.refund(charge!.id, 200)
    const letters = await account.sent()
    await account.tell(letters.toReversed())
    await account.tell(letters)

    const refunds = await account.db
      .selectFrom('payments')
      .select(['reference', 'amount', 'currency'])
      .where('kind', '=', 'refunded')
      .orderBy('reference')
      .execute()
    expect(refunds).toEqual([
      { reference: `${charge!.id}:300`, amount: 300, currency: 'usd' },
      { reference: `${charge!.id}:500`, amount: 200, currency: 'usd' },
    ])
    const subjects = (await account.news()).map(({ subject }) => subject)
    expect(subjects.filter((subject) => subject.startsWith('payment.'))).toEqual(['payment.success'])
  })
})
