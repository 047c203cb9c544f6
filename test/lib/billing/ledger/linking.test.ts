import { describe, expect, test } from 'vitest'
import { linkCustomer, linkSubscription } from '../../../../lib/billing/ledger/link.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import { isAvailable } from '../../../parts/available.ts'
import { insertGroups } from '../../../parts/insert-groups.ts'
import { openToldAccount, type Told } from './told-account.ts'

const DAY_MS = 86_400_000

/** Events of one second come in any order, so that a subscription may be seen before its first payment, or not. */
function subjectsOf(told: Told[]): string[] {
  return told.map(({ subject }) => subject).filter((subject) => subject !== 'subscription.updated')
}

describe.each(isAvailable('mariadb') ? (['sqlite', 'mariadb'] as const) : (['sqlite'] as const))(
  'a subscription made in the dashboard, on %s',
  (kind) => {
    test.each(['slug', 'id'])('belongs to the group that its metadata names by %s', async (by) => {
      const account = await openToldAccount(kind)
      const id = await account.groupId('anna')
      const metadata = { group: by === 'id' ? String(id) : ' Anna ' }
      const customer = account.customer()
      const made = account.stripe.actions.createSubscription({
        customer,
        price: account.price('plan-0'),
        metadata,
      })
      await account.catchUp()

      expect(await account.subscription(made.id)).toMatchObject({ group_id: id, status: 'active' })
      const told = await account.news()
      expect(subjectsOf(told)).toEqual(['subscription.created', 'payment.success'])
      const payment = told.find(({ subject }) => subject === 'payment.success')
      expect(payment!.payload.organizationId).toBe(id)
      const row = await account.db.selectFrom('billing_customers').selectAll().executeTakeFirstOrThrow()
      expect(row).toMatchObject({ customer_id: customer, group_id: id })
    })

    test('belongs to the group that its customer pays for, whatever its own metadata names', async () => {
      const account = await openToldAccount(kind)
      const customer = account.customer({ group: 'berta' })
      const made = account.stripe.actions.createSubscription({
        customer,
        price: account.price('plan-0'),
        metadata: { group: 'anna' },
      })
      await account.catchUp()
      expect(await account.subscription(made.id)).toMatchObject({ group_id: await account.groupId('berta') })
    })

    test('of a customer that no event ever told of, Stripe is asked for the customer', async () => {
      const account = await openToldAccount(kind)
      const customer = account.customer({ group: 'clara' })
      account.stripe.delivery.forget()
      const made = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
      await account.catchUp()

      expect(await account.subscription(made.id)).toMatchObject({ group_id: await account.groupId('clara') })
      expect(subjectsOf(await account.news())).toEqual(['subscription.created', 'payment.success'])
    })

    test('that nobody claims is kept and told of by nobody, and linked once when the group comes to be', async () => {
      const account = await openToldAccount(kind)
      const { db } = account
      const customer = account.customer()
      const made = account.stripe.actions.createSubscription({
        customer,
        price: account.price('plan-0'),
        metadata: { group: 'later' },
      })
      await account.catchUp()
      expect(await account.subscription(made.id)).toMatchObject({ group_id: null, named_group: 'later' })
      const [payment, ...others] = await account.news()
      expect([payment!.subject, ...others]).toEqual(['payment.success'])
      expect(payment!.payload).not.toHaveProperty('organizationId')

      await insertGroups(db, ['later'])
      await account.tend()
      await account.tend()
      const told = await account.news()
      expect(subjectsOf(told)).toEqual(['subscription.created'])
      expect(told[0]!.payload.group.name).toBe('later')
      const row = await db.selectFrom('billing_customers').select('group_id').executeTakeFirstOrThrow()
      expect(row.group_id).toBe(await account.groupId('later'))
    })

    test('is linked when its customer begins to name a group', async () => {
      const account = await openToldAccount(kind)
      const customer = account.customer()
      const made = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
      await account.catchUp()
      await account.news()
      account.stripe.actions.updateCustomer(customer, { metadata: { group: 'anna' } })
      await account.catchUp()

      expect(await account.subscription(made.id)).toMatchObject({ group_id: await account.groupId('anna') })
      expect(subjectsOf(await account.news())).toEqual(['subscription.created'])
    })

    test('that ended before it was linked is told of as begun and ended', async () => {
      const account = await openToldAccount(kind)
      const customer = account.customer()
      const made = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
      account.stripe.actions.cancelNow(made.id)
      await account.catchUp()
      account.stripe.actions.updateCustomer(customer, { metadata: { group: 'anna' } })
      await account.news()
      await account.catchUp()
      expect(subjectsOf(await account.news())).toEqual(['subscription.created', 'subscription.canceled'])
    })

    test('whose trial was said to end before it was linked is told of with that', async () => {
      const account = await openToldAccount(kind)
      const customer = account.customer()
      account.stripe.actions.createSubscription({ customer, price: account.price('plan-0'), trialDays: 10 })
      account.stripe.actions.advance(8 * DAY_MS)
      await account.catchUp()
      await account.news()
      account.stripe.actions.updateCustomer(customer, { metadata: { group: 'anna' } })
      await account.catchUp()
      const told = await account.news()
      expect(subjectsOf(told)).toEqual(['subscription.created', 'subscription.trial_ending'])
      expect(Date.parse(told[1]!.payload.trialEnd)).toBeGreaterThan(account.stripe.now())
    })

    test('that names a reservation of ours waits for its checkout, whatever group it names', async () => {
      const account = await openToldAccount(kind)
      const row = {
        id: 'res_1',
        name: 'anna',
        held_name: null,
        identity: 'eve',
        user_id: 1,
        group_id: null,
        long_name: 'Anna',
        lookup_key: 'plan-0',
        state: 'released' as const,
        session_id: null,
        provider_subscription_id: null,
        expires_at: 0,
        created_at: 0,
        updated_at: 0,
      }
      await account.db.insertInto('checkout_reservations').values(row).execute()
      const made = account.stripe.actions.createSubscription({
        customer: account.customer(),
        price: account.price('plan-0'),
        metadata: { group: 'anna', reservation: 'res_1' },
      })
      await account.catchUp()
      await account.tend()
      expect(await account.subscription(made.id)).toMatchObject({ group_id: null, reservation_id: 'res_1' })
      expect(subjectsOf(await account.news())).not.toContain('subscription.created')
    })

    test('that names a reservation which another deployment made is not bound by the name of its group', async () => {
      const account = await openToldAccount(kind)
      const made = account.stripe.actions.createSubscription({
        customer: account.customer(),
        price: account.price('plan-0'),
        metadata: { group: 'anna', reservation: crypto.randomUUID() },
      })
      await account.catchUp()
      await account.tend()
      expect(await account.subscription(made.id)).toMatchObject({ group_id: null })
      expect(subjectsOf(await account.news())).not.toContain('subscription.created')
    })

    test('takes the place of the own one that the group began with, and that says nothing', async () => {
      const account = await openToldAccount(kind)
      const { db } = account
      const group = await account.groupId('anna')
      const own = {
        group_id: group,
        tier_name: 'plan-0',
        provider: 'authlance',
        provider_subscription_id: `group-${group}`,
        provider_customer_id: null,
        status: 'trialing',
        started_at: 0,
        ends_at: account.stripe.now() + DAY_MS,
        created_at: 0,
        updated_at: 0,
      }
      await db.insertInto('subscriptions').values(own).execute()
      account.stripe.actions.createSubscription({
        customer: account.customer({ group: 'anna' }),
        price: account.price('plan-1'),
      })
      await account.catchUp()
      expect(await account.subscription(own.provider_subscription_id)).toMatchObject({ status: 'canceled' })
      account.stripe.actions.advance(2 * DAY_MS)
      await account.tend()
      expect(subjectsOf(await account.news())).toEqual(['subscription.created', 'payment.success'])
    })

    test('keeps the group that it has, and linking again tells nothing', async () => {
      const account = await openToldAccount(kind)
      const { db, work } = account
      const [anna, berta] = [await account.groupId('anna'), await account.groupId('berta')]
      const customer = account.customer({ group: 'anna' })
      const made = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
      await account.catchUp()
      await account.news()
      await db.transaction().execute(async (trx) => {
        await linkSubscription(trx, work, made.id, berta, 1, newTrace())
        await linkCustomer(trx, work, customer, berta, 1, newTrace())
      })
      expect(await account.subscription(made.id)).toMatchObject({ group_id: anna })
      expect(await account.news()).toEqual([])
    })
  },
)
