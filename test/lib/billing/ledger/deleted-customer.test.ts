import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../parts/seeded-random.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { openToldLedger } from '../../../parts/told-ledger.ts'

describe('a customer that was deleted before anybody told of it', () => {
  async function deleteBuyer(named: 'at once' | 'in the same second') {
    const { stripe, db, sent, tell } = await openToldLedger(seededRandom(1))
    const { actions } = stripe
    await sent()
    const metadata = { group: 'anna' }
    const { id } = actions.createCustomer({ ...(named === 'at once' && { metadata }) })
    if (named === 'in the same second') actions.updateCustomer(id, { metadata })
    actions.createSubscription({ customer: id, price: stripe.state.prices()[0]!.id })
    actions.advance(60_000)
    actions.deleteCustomer(id)
    const letters = await sent()
    const ofType = (type: string) => letters.filter(({ body }) => JSON.parse(body).type === type)
    const look = async () => {
      const customer = db.selectFrom('billing_customers').select(['deleted', 'named_group', 'group_id'])
      const sold = db.selectFrom('subscriptions').select(['status', 'group_id'])
      return [await customer.executeTakeFirst(), await sold.executeTakeFirst()]
    }
    const { id: group } = await db
      .selectFrom('groups')
      .select('id')
      .where('name', '=', 'anna')
      .executeTakeFirstOrThrow()
    const whole = [
      { deleted: 1, named_group: 'anna', group_id: group },
      { status: 'canceled', group_id: group },
    ]
    return { letters, ofType, look, tell, whole }
  }

  test('gives its subscription to the group that it named, though Stripe tells nothing of it any more', async () => {
    const { ofType, look, tell, whole } = await deleteBuyer('at once')
    await tell(ofType('customer.subscription.created'))
    expect((await look())[0]).toEqual({ deleted: 1, named_group: null, group_id: null })
    await tell([...ofType('customer.created'), ...ofType('customer.subscription.deleted')])
    expect(await look()).toEqual(whole)
  })

  test.each([
    ['customer.created', 'customer.updated'],
    ['customer.updated', 'customer.created'],
  ])('though two events of one second tell of it: %s first', async (...types) => {
    const { ofType, look, tell, whole } = await deleteBuyer('in the same second')
    for (const type of ['customer.subscription.deleted', ...types]) {
      await tell(ofType(type).slice(0, 1) satisfies Letter[])
    }
    expect(await look()).toEqual(whole)
  })
})
