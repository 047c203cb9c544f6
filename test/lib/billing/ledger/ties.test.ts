import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { applySubscriptionState } from '../../../../lib/billing/ledger/apply-subscription.ts'
import { normaliseSubscription } from '../../../../lib/billing/stripe-shapes.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { openToldAccount, subjectsOf } from './told-account.ts'

type Json = Record<string, unknown>

function letter(id: string, type: string, createdSeconds: number, object: Json): Letter {
  const event = { id, object: 'event', type, created: createdSeconds, livemode: false, data: { object } }
  return { id, body: JSON.stringify(event) }
}

/** What is done before each call of Stripe for a subscription goes out; an answer takes its place. */
type Hook = () => Promise<Response | undefined>

async function subscribed() {
  // The client keeps the `fetch` of its first call.
  const { fetch } = globalThis
  let hook: Hook | undefined
  let asked = 0
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (!hook || !url.includes('/subscriptions/')) return fetch(input, init)
    asked++
    return (await hook()) ?? fetch(input, init)
  })
  onTestFinished(() => spy.mockRestore())
  const account = await openToldAccount()
  const customer = account.customer({ group: 'anna' })
  const { id } = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
  await account.catchUp()
  await account.news()
  const asOf = (await account.subscription(id)).as_of
  const state = (over: Json = {}): Json => ({
    id,
    object: 'subscription',
    customer,
    status: 'active',
    start_date: asOf / 1000,
    metadata: {},
    items: { data: [{ quantity: 1, price: { id: 'x', lookup_key: 'plan-0' } }] },
    ...over,
  })
  /** @returns how often Stripe was asked since */
  const whileAsked = (work: Hook) => {
    hook = work
    return () => asked
  }
  return { account, id, asOf, state, whileAsked }
}

describe('an event of the second that the ledger knows', () => {
  test('is settled by asking Stripe, whose answer and its time are written', async () => {
    const { account, id, asOf, state, whileAsked } = await subscribed()
    account.stripe.actions.advance(5000)
    const asked = whileAsked(async () => undefined)
    await account.tell([
      letter('evt_tie', 'customer.subscription.updated', asOf / 1000, state({ status: 'paused' })),
    ])
    expect(asked()).toBe(1)
    const settled = await account.subscription(id)
    expect(settled.status).toBe('active')
    expect(settled.as_of).toBeGreaterThan(asOf + 4000)
    expect(settled.as_of).toBeLessThan(asOf + 5000)

    // What happened before that answer is in it.
    const unpaid = state({ status: 'unpaid' })
    await account.tell([letter('evt_late', 'customer.subscription.updated', asOf / 1000 + 3, unpaid)])
    expect(asked()).toBe(1)
    expect(await account.subscription(id)).toMatchObject({ status: 'active', as_of: settled.as_of })
    expect(await account.news()).toEqual([])
  })

  test('is all there is when Stripe does not know the object', async () => {
    const { account, asOf, state } = await subscribed()
    const gone = { id: 'sub_gone0001', customer: null }
    const seconds = asOf / 1000
    await account.tell([
      letter('evt_1', 'customer.subscription.created', seconds, state({ ...gone, status: 'incomplete' })),
    ])
    await account.tell([letter('evt_2', 'customer.subscription.updated', seconds, state(gone))])
    expect(await account.subscription('sub_gone0001')).toMatchObject({
      status: 'active',
      last_event_id: 'evt_2',
    })
  })

  test('starts over when another changes the row while Stripe is asked', async () => {
    const { account, id, asOf, state, whileAsked } = await subscribed()
    account.stripe.actions.advance(2000)
    account.stripe.actions.changePlan(id, account.price('plan-2'))
    await account.sent()
    let changes = 0
    const asked = whileAsked(async () => {
      if (changes++ > 0) return undefined
      await account.db
        .updateTable('subscriptions')
        .set((eb) => ({ version: eb('version', '+', 1), quantity: 9 }))
        .where('provider_subscription_id', '=', id)
        .execute()
      return undefined
    })
    const report = await account.tell([
      letter('evt_tie', 'customer.subscription.updated', asOf / 1000, state({ status: 'paused' })),
    ])
    expect(report).toMatchObject({ applied: 1, failed: 0 })
    expect(asked()).toBe(2)
    expect(await account.subscription(id)).toMatchObject({ tier_name: 'plan-2', quantity: 1 })
  })

  test('that Stripe refuses to settle counts a failure and stays', async () => {
    const { account, asOf, state, whileAsked } = await subscribed()
    const error = { type: 'invalid_request_error', code: 'parameter_unknown' }
    whileAsked(async () => Response.json({ error }, { status: 400 }))
    const report = await account.tell([
      letter('evt_tie', 'customer.subscription.updated', asOf / 1000, state({ status: 'paused' })),
    ])
    expect(report).toMatchObject({ applied: 0, failed: 1 })
    const row = await account.db
      .selectFrom('stripe_events')
      .select(['state', 'attempts'])
      .where('id', '=', 'evt_tie')
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ state: 'pending', attempts: 1 })
  })
})

test.each([0, 1])('what Stripe answered is not undone by events of %i s around its second', async (later) => {
  const account = await openToldAccount()
  const customer = account.customer({ group: 'anna' })
  const { id } = account.stripe.actions.createSubscription({ customer, price: account.price('plan-0') })
  const letters = await account.sent()
  account.stripe.actions.advance(later * 1000)
  const isOf = (part: string) => (one: Letter) => JSON.parse(one.body).type.startsWith(part)
  // The first to come has Stripe asked for the subscription, which is paid by now.
  await account.tell(letters.filter(isOf('invoice.paid')))
  expect(await account.subscription(id)).toMatchObject({ status: 'active' })
  const created = letters.filter(isOf('customer.subscription.created'))
  expect(JSON.parse(created[0]!.body).data.object.status).toBe('incomplete')
  await account.tell(created)
  expect(await account.subscription(id)).toMatchObject({ status: 'active' })
  await account.tell(letters)
  expect(subjectsOf(await account.news())).toEqual(['subscription.created', 'payment.success'])
})

test('an older event changes nothing, one of a later second does', async () => {
  const { account, id, asOf, state } = await subscribed()
  const seconds = asOf / 1000
  await account.tell([
    letter('evt_new', 'customer.subscription.updated', seconds + 2, state({ status: 'past_due' })),
    letter('evt_old', 'customer.subscription.updated', seconds + 1, state({ status: 'paused' })),
  ])
  await account.tell([
    letter('evt_older', 'customer.subscription.updated', seconds - 1, state({ status: 'paused' })),
  ])
  expect(await account.subscription(id)).toMatchObject({ status: 'past_due', as_of: asOf + 2000 })
})

test('what is wrong with telling of a change keeps the change itself from being written', async () => {
  const { account, id, asOf, state } = await subscribed()
  const update = letter(
    'evt_1',
    'customer.subscription.updated',
    asOf / 1000 + 1,
    state({ status: 'past_due' }),
  )
  const { db } = account
  const json = JSON.parse(update.body)
  await db
    .insertInto('stripe_events')
    .values({
      id: json.id,
      type: json.type,
      created_at: json.created * 1000,
      livemode: 0,
      payload: update.body,
      received_at: 0,
    })
    .execute()
  await db.schema.alterTable('event_outbox').renameTo('outbox_elsewhere').execute()
  expect(await account.tell([])).toMatchObject({ applied: 0, failed: 1 })
  expect(await account.subscription(id)).toMatchObject({ status: 'active' })

  await db.schema.alterTable('outbox_elsewhere').renameTo('event_outbox').execute()
  await db.updateTable('stripe_events').set({ lease_until: 0 }).where('id', '=', 'evt_1').execute()
  expect(await account.tell([])).toMatchObject({ applied: 1 })
  expect(subjectsOf(await account.news())).toEqual(['subscription.updated'])
})

test('a state that somebody fetched is applied once, however many bring it at the same time', async () => {
  const { account, id, asOf, state } = await subscribed()
  const changed = normaliseSubscription(state({ status: 'past_due' }))
  const time = { asOf: asOf + 3000, source: 'fetched' as const }
  const apply = () => applySubscriptionState(account.work, changed, time, account.stripe.now(), newTrace())
  const outcomes = await Promise.all(Array.from({ length: 10 }, apply))
  expect(outcomes).not.toContain('stale')
  expect(await apply()).toBe('unchanged')
  const older = { ...time, asOf }
  const stale = normaliseSubscription(state({ status: 'paused' }))
  expect(await applySubscriptionState(account.work, stale, older, 1, newTrace())).toBe('stale')
  expect(await account.subscription(id)).toMatchObject({ status: 'past_due' })
  expect(subjectsOf(await account.news())).toEqual(['subscription.updated'])
})
