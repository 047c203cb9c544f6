import { expect, test } from 'vitest'
import { eventTypes, startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

test('money goes back in parts, and never more than came', async () => {
  const { stripe, url } = await startStripe()
  subscribe(stripe, stock(stripe).small)
  const [charge] = stripe.state.charges()
  const client = stripeClient(url)

  await client.refunds.create({ charge: charge!.id, amount: 300, reason: 'requested_by_customer' })

  expect(await client.charges.retrieve(charge!.id)).toMatchObject({ amount_refunded: 300, refunded: false })
  expect(eventTypes(stripe).slice(-2)).toEqual(['charge.refunded', 'refund.created'])
  const { data } = await client.events.list({ type: 'charge.refunded' })
  expect(data[0]!.data.previous_attributes).toEqual({ amount_refunded: 0 })
  await expect(client.refunds.create({ charge: charge!.id, amount: 701 })).rejects.toThrow('greater than')
  await client.refunds.create({ payment_intent: String(charge!.payment_intent) })
  expect(await client.charges.retrieve(charge!.id)).toMatchObject({ amount_refunded: 1000, refunded: true })
  await expect(client.refunds.create({ charge: charge!.id })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  })
})

test('a one-off payment by the API succeeds, or is declined with 402', async () => {
  const { stripe, url } = await startStripe()
  const client = stripeClient(url)

  const paid = await client.paymentIntents.create({
    amount: 700,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: true,
  })
  const declined = client.paymentIntents.create({
    amount: 700,
    currency: 'eur',
    payment_method: 'pm_card_chargeDeclinedInsufficientFunds',
    confirm: true,
  })

  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 700 })
  await expect(declined).rejects.toMatchObject({
    type: 'StripeCardError',
    decline_code: 'insufficient_funds',
    payment_intent: expect.objectContaining({ status: 'requires_payment_method' }),
  })
  expect(stripe.state.charges()).toMatchObject([{ status: 'succeeded' }, { status: 'failed', paid: false }])
})

test('the invoice of a payment intent is found among the invoice payments', async () => {
  const { stripe, url } = await startStripe()
  subscribe(stripe, stock(stripe).small)
  const [intent] = stripe.state.paymentIntents()
  const client = stripeClient(url)

  const { data } = await client.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: intent!.id },
    expand: ['data.invoice'],
  })
  const none = await client.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: 'pi_none' },
  })

  expect(data).toMatchObject([{ status: 'paid', amount_paid: 1000, invoice: { object: 'invoice' } }])
  expect(none.data).toEqual([])
})
