import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { entitlement } from '../../../lib/billing/entitlement.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../events/outbox-fixture.ts'

const NOW = 1_800_000_000_000
const TIERS = [
  { tierName: 'Small', lookupKey: 'small', maxMembers: 3 },
  { tierName: 'Large', lookupKey: 'large', maxMembers: 50 },
]

describe.each(databaseKinds)('what a group is entitled to, on %s', (kind) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await openTestDatabase(kind, { paymentTiers: TIERS })
  })
  afterEach(() => database?.close())

  async function add(provider: string, over: object = {}): Promise<void> {
    const row = {
      group_id: 7,
      tier_name: 'Small',
      provider,
      provider_subscription_id: crypto.randomUUID(),
      provider_customer_id: null,
      status: 'active',
      started_at: NOW - 1000,
      ends_at: null,
      created_at: 0,
      updated_at: 0,
    }
    await database.db
      .insertInto('subscriptions')
      .values({ ...row, ...over })
      .execute()
  }
  const ask = () => entitlement(database.db, database.config, 7, NOW)

  test('without a subscription it is none, with the limit of the default tier', async () => {
    expect(await ask()).toEqual({ status: 'none', live: false, tierName: null, maxMembers: 3 })
  })

  test('is what was bought, before our own, also when that is newer', async () => {
    await add('stripe', { tier_name: 'Large', status: 'past_due' })
    await add('authlance', { started_at: NOW })
    expect(await ask()).toEqual({ status: 'past_due', live: true, tierName: 'Large', maxMembers: 50 })
  })

  test('is our own one again when what was bought has ended', async () => {
    await add('authlance')
    await add('stripe', { tier_name: 'Large', status: 'canceled', started_at: NOW })
    expect(await ask()).toMatchObject({ status: 'active', live: true, tierName: 'Small' })
  })

  test('is the latest of those that ended, which is not live', async () => {
    await add('stripe', { status: 'canceled' })
    await add('stripe', { tier_name: 'Large', status: 'canceled', started_at: NOW })
    expect(await ask()).toEqual({ status: 'canceled', live: false, tierName: 'Large', maxMembers: 50 })
  })

  test('of a trial of our own ends by the clock, before anybody has written it down', async () => {
    await add('authlance', { status: 'trialing', ends_at: NOW + 1 })
    expect(await ask()).toMatchObject({ status: 'trialing', live: true })
    await database.db.updateTable('subscriptions').set({ ends_at: NOW }).execute()
    expect(await ask()).toMatchObject({ status: 'trialing', live: false })
  })

  test.each(['incomplete', 'incomplete_expired', 'canceled'])('of status %s is not live', async (status) => {
    await add('stripe', { status })
    expect(await ask()).toMatchObject({ status, live: false })
  })

  test('of a tier that nobody knows has no limit', async () => {
    await add('stripe', { tier_name: 'price_unknown' })
    expect(await ask()).toEqual({ status: 'active', live: true, tierName: 'price_unknown', maxMembers: 0 })
  })

  test("of another group's subscription is nothing", async () => {
    await add('stripe', { group_id: 8 })
    expect(await ask()).toMatchObject({ status: 'none', live: false })
  })
})
