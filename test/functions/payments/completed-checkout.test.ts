import { describe, expect, it } from 'vitest'
import active from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import billing from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import sessionId from '../../../functions/authlance/payments/api/v1/session-id.ts'
import { completeCheckout } from '../../../lib/billing/checkout/complete-checkout.ts'
import { transact } from '../../../lib/db/transact.ts'
import { requirePart } from '../../parts/available.ts'
import { I, openShop, PAY, type Shop } from '../../parts/shop.ts'

const DATABASES = ['sqlite', ...(requirePart('mariadb') ? [] : ['mariadb'])] as ('sqlite' | 'mariadb')[]
const TRACE = { requestId: 'test', traceparent: '00-0-0-01' }
const ONE = { groups: 1, memberships: 1, subscriptions: 1, reservations: 1 }

/** Everything of the group's that events tell. */
async function payloads({ env }: Shop, subject: string) {
  const rows = await env.db
    .selectFrom('event_outbox')
    .select('payload')
    .where('subject', '=', subject)
    .execute()
  return rows.map(({ payload }) => JSON.parse(payload))
}

describe.each(DATABASES)('when the browser comes back before the webhook did, on %s', (database) => {
  it('the group, the group-admin and the subscription exist, and their events are told', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))

    const [resolved, bought] = await shop.comeBack(checkout, ada)

    const [subscription] = shop.stripe.state.subscriptions()
    const group = await shop.env.db.selectFrom('groups').selectAll().executeTakeFirstOrThrow()
    expect([resolved!.status, resolved!.body]).toEqual([200, { subscriptionId: subscription!.id }])
    expect(bought!.status).toBe(200)
    expect(bought!.body).toMatchObject({
      groupId: group.id,
      tierName: 'Standard',
      status: 'active',
      billingProvider: 'stripe',
      billingSubscriptionId: subscription!.id,
      billingCustomerId: subscription!.customer,
    })
    expect(group).toMatchObject({ name: 'acme', long_name: 'The acme company', bootstrap_user_id: null })
    const roles = await shop.env.db.selectFrom('membership_roles').select(['group_id', 'role']).execute()
    expect(roles).toEqual([{ group_id: group.id, role: 'group-admin' }])
    expect(await shop.tables()).toEqual(ONE)
    expect(await shop.subjects()).toEqual(['group.created', 'subscription.created'])
    expect(await payloads(shop, 'group.created')).toMatchObject([
      {
        group: { id: group.id, name: 'acme', longName: 'The acme company' },
        user: { identity: ada.identity },
      },
    ])
    expect(await payloads(shop, 'subscription.created')).toMatchObject([
      {
        tierName: 'Standard',
        group: { id: group.id, name: 'acme' },
        status: 'active',
        billingProvider: 'stripe',
      },
    ])
    expect(shop.wakes()).toBeGreaterThan(0)

    const answer = await shop.get(active, `${I}/profile/subscriptions/${ada.identity}/acme/active`, ada)
    expect(answer.body).toEqual(bought!.body)
    expect((await shop.check('acme', ada)).body.available).toBe(false)
  })

  it('both are idempotent: 20 parallel calls of each beside the webhook make one of everything', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    const id = shop.sessionOf(checkout)
    shop.stripe.actions.pay(id)
    const path = `${I}/profile/subscriptions/me/billing/${shop.stripe.state.subscriptions()[0]!.id}`
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => [
        shop.post(sessionId, `${PAY}/session-id`, { sessionId: id }, ada),
        shop.get(billing, path, ada),
        completeCheckout(shop.env, id, Date.now(), TRACE),
      ]).flat(),
    )
    expect(
      answers
        .filter((answer) => answer && 'status' in answer)
        .map((answer) => (answer as { status: number }).status),
    ).toEqual(Array(40).fill(200))
    expect(await shop.tables()).toEqual(ONE)
    expect(await shop.subjects()).toEqual(['group.created', 'subscription.created'])
  })

  it('billing alone, without session-id before it, does all of it as well', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    shop.stripe.actions.pay(shop.sessionOf(await shop.buy('acme', ada)))
    const path = `${I}/profile/subscriptions/me/billing/${shop.stripe.state.subscriptions()[0]!.id}`
    expect((await shop.get(billing, path, ada)).status).toBe(200)
    expect(await shop.tables()).toEqual(ONE)
  })

  it('a trial is trialing, and ends when Stripe says', async () => {
    const shop = await openShop({ database, stripe: { trialPeriodDays: 14 } })
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))
    const [, bought] = await shop.comeBack(checkout, ada)
    expect(bought!.body.status).toBe('trialing')
    expect(await payloads(shop, 'subscription.created')).toMatchObject([{ status: 'trialing' }])
  })

  it('what is paid once becomes a subscription without an end, under the id of its session', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada, { lookupKey: 'forever' })
    const id = shop.sessionOf(checkout)
    shop.stripe.actions.pay(id)
    const [resolved, bought] = await shop.comeBack(checkout, ada)
    expect(resolved!.body).toEqual({ subscriptionId: id })
    expect(bought!.body).toMatchObject({ tierName: 'Standard', status: 'active', billingSubscriptionId: id })
    expect(bought!.body.endDate).toBeUndefined()
    expect(bought!.body.billingCustomerId).toMatch(/^cus_/)
    await shop.comeBack(checkout, ada)
    expect(await shop.tables()).toEqual(ONE)
    expect(await shop.subjects()).toEqual(['group.created', 'subscription.created'])
    expect((await shop.check('acme', ada)).body.available).toBe(false)
  })

  it("attaches to the buyer's own group, whose own subscription makes way silently", async () => {
    const shop = await openShop({ database, config: { authlance: { autoCreateGroup: true } } })
    const ada = await shop.signIn('Ada')
    const before = await shop.subjects()
    const checkout = await shop.buy('ada-lovelace', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))
    const [, bought] = await shop.comeBack(checkout, ada)
    expect(bought!.body).toMatchObject({ status: 'active', billingProvider: 'stripe' })
    expect(await shop.tables()).toEqual({ groups: 1, memberships: 1, subscriptions: 2, reservations: 1 })
    expect((await shop.subjects()).slice(before.length)).toEqual(['subscription.created'])
    const { body } = await shop.get(active, `${I}/profile/subscriptions/me/ada-lovelace/active`, ada)
    expect(body.billingProvider).toBe('stripe')
    const own = await shop.env.db
      .selectFrom('subscriptions')
      .selectAll()
      .where('provider', '=', 'authlance')
      .executeTakeFirstOrThrow()
    expect(own.ended_at).not.toBeNull()
  })

  it('a paid name that a group has taken all the same gets letters, and nobody loses what they paid for', async () => {
    const shop = await openShop({ database })
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))
    await transact(shop.env.db, (trx) =>
      trx
        .insertInto('groups')
        .values({
          name: 'acme',
          long_name: 'By hand',
          description: null,
          avatar: null,
          url: null,
          subscription_uuid: crypto.randomUUID(),
          bootstrap_user_id: null,
          created_at: 1,
          updated_at: 1,
        })
        .execute(),
    )
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    const names = (await shop.env.db.selectFrom('groups').select('name').execute()).map(({ name }) => name)
    expect(names.sort()).toEqual(['acme', 'acme-b'])
    expect(shop.log.lines.some(({ message }) => message === 'paid name was taken')).toBe(true)
  })
})

describe('a session that nobody may be told of', () => {
  it("somebody else's, one that is not paid, and one that is not ours look absent", async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const checkout = await shop.buy('acme', ada)
    const ask = (id: unknown, buyer = ada) =>
      shop.post(sessionId, `${PAY}/session-id`, { sessionId: id }, buyer)
    const id = shop.sessionOf(checkout)
    for (const answer of [await ask(id), await ask(id, eve), await ask('cs_test_unknown')]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    }
    shop.stripe.actions.pay(id)
    expect((await ask(id, eve)).status).toBe(404)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0 })
    expect((await ask('')).status).toBe(400)
    expect((await ask(7)).status).toBe(400)
  })

  it('a subscription is shown to members and the buyer alone', async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout))
    const [resolved] = await shop.comeBack(checkout, ada)
    const ask = (id: string, buyer = ada) =>
      shop.get(billing, `${I}/profile/subscriptions/${ada.identity}/billing/${encodeURIComponent(id)}`, buyer)
    const { subscriptionId } = resolved!.body
    expect((await ask(subscriptionId, eve)).status).toBe(404)
    for (const id of ['sub_unknown', 'nothing', '../x', 'cs_test_unknown'])
      expect((await ask(id)).status).toBe(404)

    await shop.env.db.deleteFrom('memberships').execute()
    expect((await ask(subscriptionId)).status).toBe(200)
  })

  it("one made in Stripe's dashboard is taken in by its group's admin before its webhook came", async () => {
    const shop = await openShop({ config: { authlance: { autoCreateGroup: true } } })
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    const { actions, state } = shop.stripe
    const customer = actions.createCustomer({ email: ada.email })
    actions.setPaymentMethod(customer.id, 'ok')
    const price = state.prices().find(({ lookup_key: key }) => key === 'large')!.id
    const metadata = { group: 'ada-lovelace' }
    const made = actions.createSubscription({ customer: customer.id, price, metadata })
    const path = `${I}/profile/subscriptions/me/billing/${made.id}`
    expect((await shop.get(billing, path, eve)).status).toBe(404)
    const answer = await shop.get(billing, path, ada)
    expect([answer.status, answer.body.tierName]).toEqual([200, 'Large'])
  })

  it('metadata alone binds nothing: a session of somebody else that names our reservation gets no group', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    await shop.buy('acme', ada)
    const { id: reservation } = await shop.env.db
      .selectFrom('checkout_reservations')
      .select('id')
      .executeTakeFirstOrThrow()
    const { actions, state } = shop.stripe
    const customer = actions.createCustomer({ email: 'eve@example.com' })
    actions.setPaymentMethod(customer.id, 'ok')
    const price = state.prices()[0]!.id
    const forged = actions.createSubscription({ customer: customer.id, price, metadata: { reservation } })
    const { status } = await shop.get(billing, `${I}/profile/subscriptions/me/billing/${forged.id}`, ada)
    expect(status).toBe(404)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0 })
  })
})

describe('a payment that takes its time', () => {
  async function debit() {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada, { lookupKey: 'forever' })
    const id = shop.sessionOf(checkout)
    shop.stripe.actions.pay(id, { card: 'async' })
    const [answer] = await shop.comeBack(checkout, ada)
    expect(answer!.status).toBe(404)
    return { shop, ada, checkout, id }
  }
  const reservation = ({ env }: Shop) =>
    env.db.selectFrom('checkout_reservations').selectAll().executeTakeFirstOrThrow()

  it('holds its name beyond the time of the session', async () => {
    const { shop, ada } = await debit()
    expect(await reservation(shop)).toMatchObject({ state: 'processing', held_name: 'acme' })
    await shop.env.db.updateTable('checkout_reservations').set({ expires_at: 1 }).execute()
    const eve = await shop.signIn('Eve')
    expect((await shop.check('acme', eve)).body.available).toBe(false)
    expect((await shop.check('acme', ada)).body.available).toBe(false)
  })

  it('frees the name once it has failed, although no webhook told of it', async () => {
    const { shop, checkout, ada, id } = await debit()
    shop.stripe.actions.settleAsync(id, false)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([404])
    expect(await reservation(shop)).toMatchObject({ state: 'released', held_name: null })
    expect((await shop.buy('acme', await shop.signIn('Eve'))).status).toBe(200)
    expect(await shop.tables()).toMatchObject({ groups: 0, memberships: 0, subscriptions: 0 })
  })

  it('of a subscription does the same', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const checkout = await shop.buy('acme', ada)
    shop.stripe.actions.pay(shop.sessionOf(checkout), { card: 'async' })
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([404])
    expect(await reservation(shop)).toMatchObject({ state: 'processing', held_name: 'acme' })
    shop.stripe.actions.settleAsync(shop.sessionOf(checkout), true)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    expect(await shop.tables()).toEqual(ONE)
  })

  it('makes the group once it has succeeded', async () => {
    const { shop, ada, checkout, id } = await debit()
    shop.stripe.actions.settleAsync(id, true)
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    expect(await shop.tables()).toEqual(ONE)
  })
})

it('while Stripe is away, the buyer is asked to come again', async () => {
  const shop = await openShop()
  const ada = await shop.signIn('Ada')
  const checkout = await shop.buy('acme', ada)
  shop.stripe.actions.pay(shop.sessionOf(checkout))
  shop.stripe.faults.down(true)
  const [answer] = await shop.comeBack(checkout, ada)
  expect([answer!.status, answer!.body.code]).toEqual([503, 'payments_unavailable'])
  expect(answer!.headers.get('retry-after')).toBe('2')
  shop.stripe.faults.down(false)
  expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
})
