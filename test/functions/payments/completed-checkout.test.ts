import { describe, expect, it } from 'vitest'
import active from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import billing from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import sessionId from '../../../functions/authlance/payments/api/v1/session-id.ts'
import { completeCheckout } from '../../../lib/billing/checkout/complete-checkout.ts'
import { requirePart } from '../../parts/available.ts'
import { insertGroups } from '../../parts/insert-groups.ts'
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
    await insertGroups(shop.env.db, ['acme'])
    expect((await shop.comeBack(checkout, ada)).map(({ status }) => status)).toEqual([200, 200])
    const names = (await shop.env.db.selectFrom('groups').select('name').execute()).map(({ name }) => name)
    expect(names.sort()).toEqual(['acme', 'acme-b'])
    expect(shop.log.lines.some(({ message }) => message === 'paid name was taken')).toBe(true)
  })
})

it('a checkout for an own group makes nobody its group-admin again who is it no longer', async () => {
  const shop = await openShop({ config: { authlance: { autoCreateGroup: true } } })
  const ada = await shop.signIn('Ada')
  const checkout = await shop.buy('ada-lovelace', ada)
  expect(checkout.status).toBe(200)
  const { db } = shop.env
  const own = await db.selectFrom('groups').selectAll().executeTakeFirstOrThrow()
  await db.deleteFrom('membership_roles').execute()
  await db.deleteFrom('memberships').execute()
  shop.stripe.actions.pay(shop.sessionOf(checkout))

  const [, bought] = await shop.comeBack(checkout, ada)

  expect(bought!.status).toBe(200)
  expect(bought!.body.groupId).not.toBe(own.id)
  const roles = await db.selectFrom('membership_roles').select(['group_id', 'role']).execute()
  expect(roles).toEqual([{ group_id: bought!.body.groupId, role: 'group-admin' }])
  expect((await shop.check('ada-lovelace', ada)).body.available).toBe(false)
})
