import { describe, expect, test } from 'vitest'
import { openToldAccount, subjectsOf } from './told-account.ts'

const DAY_MS = 86_400_000

async function subscribed(over: { trialDays?: number; keys?: Record<string, unknown> } = {}) {
  const account = await openToldAccount()
  const customer = account.customer({ group: 'anna' })
  const { id } = account.stripe.actions.createSubscription({
    customer,
    price: account.price('plan-0'),
    ...(over.trialDays && { trialDays: over.trialDays }),
  })
  await account.catchUp()
  await account.news()
  const group = { id: await account.groupId('anna'), name: 'anna' }
  return { account, customer, id, group }
}

describe('of a subscription that a group has', () => {
  test('another plan and quantity are told once, with what was before', async () => {
    const { account, id, group } = await subscribed()
    account.stripe.actions.advance(1000)
    account.stripe.actions.changePlan(id, account.price('plan-2'), { quantity: 3 })
    const letters = await account.sent()
    await account.tell(letters)
    await account.tell(letters)

    const changes = (await account.news()).filter(({ subject }) => subject === 'subscription.updated')
    expect(changes).toMatchObject([
      {
        payload: {
          tierName: 'plan-2',
          group,
          status: 'active',
          quantity: 3,
          billingProvider: 'stripe',
          billingSubscriptionId: id,
          previous: { status: 'active', tierName: 'plan-0', quantity: 1 },
        },
      },
    ])
  })

  test('a change that the ledger does not show tells nothing', async () => {
    const { account, id } = await subscribed()
    account.stripe.actions.advance(1000)
    account.stripe.actions.updateSubscription(id, { metadata: { note: 'new' } })
    expect(await account.catchUp()).toMatchObject({ failed: 0, dead: 0 })
    expect(await account.news()).toEqual([])
  })

  test('a planned end, and that it is taken back, are told', async () => {
    const { account, id } = await subscribed()
    account.stripe.actions.advance(1000)
    account.stripe.actions.cancelAtPeriodEnd(id)
    await account.catchUp()
    account.stripe.actions.advance(1000)
    account.stripe.actions.resume(id)
    await account.catchUp()

    const told = await account.news()
    expect(subjectsOf(told)).toEqual(['subscription.updated', 'subscription.updated'])
    expect(told[0]!.payload.endDate).toBe(told[0]!.payload.periodEnd)
    expect(told[1]!.payload).not.toHaveProperty('endDate')
  })

  test('the end is told once, as the end and as nothing else', async () => {
    const { account, id, group } = await subscribed()
    account.stripe.actions.advance(1000)
    account.stripe.actions.cancelNow(id)
    const letters = await account.sent()
    await account.tell(letters)
    await account.tell(letters)
    const told = await account.news()
    expect(subjectsOf(told)).toEqual(['subscription.canceled'])
    expect(told[0]!.payload).toMatchObject({ status: 'canceled', group, endDate: expect.any(String) })
  })

  test('the coming end of a trial is told once for each end', async () => {
    const { account, id } = await subscribed({ trialDays: 10 })
    account.stripe.actions.advance(8 * DAY_MS)
    const letters = await account.sent()
    await account.tell(letters)
    await account.tell(letters)
    const told = await account.news()
    expect(subjectsOf(told)).toEqual(['subscription.trial_ending'])
    expect(told[0]!.payload).toMatchObject({ status: 'trialing', billingSubscriptionId: id })
    expect(Date.parse(told[0]!.payload.trialEnd)).toBe((await account.subscription(id)).trial_ends_at)
  })

  test('nothing is told while subscription events are muted, and payments are told all the same', async () => {
    const account = await openToldAccount()
    const { config } = account.work
    account.work.config = { ...config, events: { ...config.events, disableSubscriptionEvents: true } }
    const customer = account.customer({ group: 'anna' })
    const { id } = account.stripe.actions.createSubscription({
      customer,
      price: account.price('plan-0'),
      trialDays: 5,
    })
    account.stripe.actions.advance(6 * DAY_MS)
    account.stripe.actions.cancelNow(id)
    await account.catchUp()
    expect(new Set(subjectsOf(await account.news()))).toEqual(new Set(['payment.success']))
    expect(await account.subscription(id)).toMatchObject({ status: 'canceled' })
  })
})

test('a deleted customer stays deleted, and keeps his name', async () => {
  const { account, customer, id } = await subscribed()
  account.stripe.actions.advance(1000)
  account.stripe.actions.updateCustomer(customer, { email: 'ada@new.example' })
  const before = await account.sent()
  account.stripe.actions.advance(1000)
  account.stripe.actions.deleteCustomer(customer)
  await account.catchUp()
  await account.tell(before)
  const row = await account.db.selectFrom('billing_customers').selectAll().executeTakeFirstOrThrow()
  expect(row).toMatchObject({ deleted: 1, name: 'Ada', named_group: 'anna' })
  expect(await account.subscription(id)).toMatchObject({ status: 'canceled' })
})
