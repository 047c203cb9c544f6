import { expect, it, onTestFinished } from 'vitest'
import { compareCustomer } from '../../../../lib/billing/reconcile/compare-subscriptions.ts'
import { reconcile } from '../../../../lib/billing/reconcile/reconcile.ts'
import { insertGroups } from '../../../parts/insert-groups.ts'
import { openReconciledShop, type ReconciledShop } from '../../../parts/reconciled-shop.ts'
import { json, startStubUpstream } from '../../../parts/stub-upstream.ts'

const DAY_MS = 86_400_000

const subscriptions = ({ env: { db } }: ReconciledShop) =>
  db.selectFrom('subscriptions').selectAll().orderBy('id').execute()

const subjects = async ({ env: { db } }: ReconciledShop) =>
  (await db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()).map(
    ({ subject }) => subject,
  )

it('finds a subscription whose events Stripe no longer lists, and tells the group of it once', async () => {
  const shop = await openReconciledShop()
  const { customer, subscription } = shop.sell({ trialDays: 60 })
  const now = shop.stripe.now()
  const times = { created_at: now, updated_at: now }
  const [groupId] = await insertGroups(shop.env.db, ['ada'])
  const known = { customer_id: customer, group_id: groupId!, email: null, name: null, named_group: null }
  await shop.env.db
    .insertInto('billing_customers')
    .values({ ...known, last_event_id: null, ...times })
    .execute()
  shop.stripe.actions.advance(40 * DAY_MS)

  expect(await reconcile(shop.work)).toMatchObject({
    events: { missed: 0 },
    drift: [{ subscription, kind: 'unknown', mended: true }],
  })
  expect(await subscriptions(shop)).toMatchObject([{ status: 'trialing', group_id: groupId }])
  expect(await reconcile(shop.work)).toMatchObject({ subscriptions: 1, drift: [] })
  expect(await subjects(shop)).toEqual(['subscription.created'])
})

it('tells of a subscription that Stripe does not know, and leaves it', async () => {
  const shop = await openReconciledShop()
  const { customer } = shop.sell()
  await reconcile(shop.work)
  const { id, ...row } = (await subscriptions(shop))[0]!
  await shop.env.db
    .insertInto('subscriptions')
    .values({ ...row, provider_subscription_id: 'sub_gone' })
    .execute()

  const { drift } = (await reconcile(shop.work))!
  expect(drift).toEqual([{ subscription: 'sub_gone', customer, kind: 'missing', changes: [], mended: false }])
  expect(await subscriptions(shop)).toMatchObject([{ status: 'active' }, { status: 'active' }])
})

it('takes no older answer for the truth', async () => {
  const shop = await openReconciledShop()
  const { customer } = shop.sell()
  await reconcile(shop.work)
  const newer = { as_of: shop.stripe.now() + DAY_MS, quantity: 3 }
  await shop.env.db.updateTable('subscriptions').set(newer).execute()

  expect(await compareCustomer(shop.work, customer, false)).toEqual({ subscriptions: 1, drift: [] })
  expect(await subscriptions(shop)).toMatchObject([newer])
})

it('passes over a subscription that it cannot read, to the next', async () => {
  const stub = await startStubUpstream()
  onTestFinished(stub.close)
  const shop = await openReconciledShop({ apiBase: stub.url })
  const { customer, subscription } = shop.sell()
  const readable = shop.stripe.state.subscriptions()[0]
  const unreadable = { ...readable, id: 'sub_odd', status: 7 }
  stub.respond((_request, response) =>
    json(response, 200, { object: 'list', has_more: false, data: [unreadable, readable] }),
  )

  const compared = await compareCustomer(shop.work, customer, false)
  expect(compared.drift).toMatchObject([{ subscription, kind: 'unknown', mended: true }])
  expect(JSON.stringify(shop.log.lines)).toContain('sub_odd')
})

it('warns of no gap after a quiet month', async () => {
  const shop = await openReconciledShop()
  shop.sell({ trialDays: 700 })
  for (let day = 0; day < 40; day += 4) {
    expect((await reconcile(shop.work))!.gap).toBeUndefined()
    shop.stripe.actions.advance(4 * DAY_MS)
  }
})
