import { expect, it } from 'vitest'
import { signPayload } from '../../../runtime/dev/stripe/signature.ts'
import { callBare, claimsOf, type Dashboard, I, signUp } from './dashboard.ts'
import type { Transport } from './transport.ts'

const PAY = '/authlance/payments/api/v1'
const WEBHOOK = `${PAY}/stripe/webhook`
const DAY_MS = 86_400_000
const PATIENCE = { timeout: 20_000, interval: 200 }

/** Plans that are bought, billed and ended, as the dashboard and Stripe see it. */
export function paymentTests(gate: () => Transport): void {
  it('a plan is chosen and paid, and in use when the browser comes back', async () => {
    const { ada, name } = await buyer(gate())
    const tiers = await ada.call(`${I}/subscriptions/tiers`)
    expect(tiers.body.map((tier: { tierName: string }) => tier.tierName)).toEqual(['Standard', 'Company'])
    const details = await ada.call(`${PAY}/product-details`, { json: { lookup_key: 'standard' } })
    expect(details).toMatchObject({ status: 200, body: { product: { unit_amount: 900 } } })

    const { sessionId, subscriptionId } = await buy(gate(), ada, name)
    const paid = { subscriptionId: expect.any(String) }
    expect(await ada.call(`${PAY}/session-id`, { json: { sessionId } })).toMatchObject({
      status: 200,
      body: paid,
    })
    const bought = await ada.call(`${I}/profile/subscriptions/${ada.identity}/billing/${subscriptionId}`)
    expect(bought).toMatchObject({ status: 200, body: { status: 'trialing', tierName: 'Standard' } })
    const active = await ada.call(`${I}/profile/subscriptions/${ada.identity}/${name}/active`)
    expect(active.body).toEqual(bought.body)
    const again = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect(claimsOf(again.body.token).user.groups).toContain(name)

    const portal = { json: { customerId: bought.body.billingCustomerId } }
    expect((await ada.call(`${PAY}/customer-portal`, portal)).status).toBe(200)
    const eve = await buyer(gate())
    expect((await eve.ada.call(`${PAY}/customer-portal`, portal)).status).toBe(404)
    expect(await told(gate(), name, ['group.created', 'subscription.created'])).toEqual([
      'group.created',
      'subscription.created',
    ])
  })

  it('the webhook alone makes the group, when the browser never comes back', async () => {
    const { ada, name } = await buyer(gate())
    await buy(gate(), ada, name)
    const active = () => ada.call(`${I}/profile/subscriptions/${ada.identity}/${name}/active`)
    await expect.poll(async () => (await active()).status, PATIENCE).toBe(200)
    expect((await active()).body).toMatchObject({ status: 'trialing', tierName: 'Standard' })
  })

  it('a renewal is declined and then paid, and an end is told of once', async () => {
    const { ada, name } = await buyer(gate())
    const { subscriptionId, customerId } = await buy(gate(), ada, name)
    const { actions, state, delivery } = gate().stripe
    const status = async () => {
      await gate().runSchedule?.()
      return (await ada.call(`${I}/profile/subscriptions/${ada.identity}/${name}/active`)).body.status
    }
    await expect.poll(status, PATIENCE).toBe('trialing')

    actions.setPaymentMethod(customerId, 'declined')
    actions.moveCustomer(customerId, Date.now() + 15 * DAY_MS)
    await expect.poll(status, PATIENCE).toBe('past_due')
    const [invoice] = state.invoices().filter((one) => one.customer === customerId && one.status === 'open')
    actions.setPaymentMethod(customerId, 'ok')
    expect(actions.retryInvoice(invoice!.id)).toBe(true)
    await expect.poll(status, PATIENCE).toBe('active')
    actions.cancelNow(subscriptionId)
    await delivery.idle()

    const payments = async () => {
      await gate().runSchedule?.()
      const ours = (await gate().events()).filter(({ data }) => data.stripeCustomerId === customerId)
      return ours
        .map(({ subject, data }) => [subject, data.stripeInvoiceId === invoice!.id, data.amount])
        .sort()
    }
    await expect.poll(payments, PATIENCE).toEqual([
      ['payment.declined', true, '9.00'],
      ['payment.success', false, '0.00'],
      ['payment.success', true, '9.00'],
    ])
    const ends = ['subscription.canceled', 'subscription.created']
    expect(await told(gate(), name, ends)).toEqual(ends)
  })

  it('takes what Stripe signed, once, and nothing else', async () => {
    const customer = gate().stripe.actions.createCustomer({ email: 'dashboard@example.com' })
    const id = `evt_suite${Date.now()}`
    const created = Math.floor(Date.now() / 1000)
    const event = { id, object: 'event', type: 'customer.updated', created, livemode: false }
    const body = JSON.stringify({ ...event, data: { object: customer } })
    const { secrets } = gate().stripe.state.endpoints()[0]!
    const signature = signPayload(body, [secrets[0]!.value], created)
    const bring = (text: string, header: string) =>
      callBare(gate(), WEBHOOK, { method: 'POST', headers: { 'stripe-signature': header }, body: text })

    const old = signPayload(body, [secrets[0]!.value], created - 301)
    const refused = [
      await bring(body.replace('dashboard', 'elsewhere'), signature),
      await bring(body, signPayload(body, ['whsec_of_another'], created)),
      await bring(body, old),
      await bring(body, ''),
    ]
    expect(refused.map((answer) => [answer.status, answer.body.code])).toEqual(
      Array(4).fill([400, 'webhook_signature_invalid']),
    )
    for (let time = 0; time < 3; time++) expect((await bring(body, signature)).status).toBe(200)
    const about = async () => {
      await gate().runSchedule?.()
      return (await gate().events()).filter(({ data }) => data.eventId === id).map(({ subject }) => subject)
    }
    await expect.poll(about, PATIENCE).toEqual(['stripe.webhook.event'])
  })
}

/** Somebody whose address is verified, and a name for a group that is free. */
async function buyer(gate: Transport): Promise<{ ada: Dashboard; name: string }> {
  const ada = await signUp(gate)
  await gate.verifyAddress(ada.identity)
  const exchange = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
  expect(claimsOf(exchange.body.token).user.verified).toBe(true)
  const letters = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => 'abcdefghijklmnop'[byte % 16])
  return { ada, name: `shop-${letters.join('')}` }
}

/** Checks the name, opens a checkout and presses Pay on Stripe's page. */
async function buy(gate: Transport, ada: Dashboard, name: string) {
  const free = await ada.call(`${I}/profile/my-group/${name}/${ada.identity}/available`)
  const { signature } = free.body
  const order = {
    lookupKey: 'standard',
    organizationName: name,
    organizationLongName: `The ${name}`,
    signature,
  }
  const checkout = await ada.call(`${PAY}/checkout-session`, { json: order })
  expect(checkout.status).toBe(200)
  const session = gate.stripe.state.sessions().find(({ url }) => url === checkout.body.url)!
  expect(gate.stripe.actions.pay(session.id)).toMatchObject({ paid: true })
  return {
    sessionId: session.id,
    subscriptionId: String(session.subscription),
    customerId: String(session.customer),
  }
}

/** Which of these subjects the bus has told of a group, sorted, each as often as it was told, once all were. */
async function told(gate: Transport, name: string, subjects: string[]): Promise<string[]> {
  const ours = async () => {
    await gate.runSchedule?.()
    const events = (await gate.events()).filter(({ data }) => data.group?.name === name)
    return events
      .map(({ subject }) => subject)
      .filter((subject) => subjects.includes(subject))
      .sort()
  }
  await expect.poll(async () => new Set(await ours()).size, PATIENCE).toBe(subjects.length)
  return ours()
}
