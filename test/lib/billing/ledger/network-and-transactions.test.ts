import { expect, test } from 'vitest'
import { reconcile } from '../../../../lib/billing/reconcile/reconcile.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { watchCalls } from '../../../parts/watch-calls.ts'
import { openToldAccount } from './told-account.ts'

const DAY_MS = 86_400_000

/** As current versions show a payment: whether an invoice asked for it, only Stripe tells. */
function withoutInvoice({ id, body }: Letter): Letter {
  const event = JSON.parse(body)
  if (event.data.object.object === 'payment_intent') delete event.data.object.invoice
  return { id, body: JSON.stringify(event) }
}

test('no network call is made inside any transaction of the ledger or of reconciling', async () => {
  const { calls, watched } = watchCalls()
  const account = await openToldAccount()
  account.work.db = watched(account.work.db)
  const { actions, delivery } = account.stripe

  // A customer that no event told of, events of one second, an invoice before its subscription, and a payment of its own.
  const silent = account.customer({ group: 'anna' })
  delivery.forget()
  const first = actions.createSubscription({ customer: silent, price: account.price('plan-0') })
  actions.changePlan(first.id, account.price('plan-1'))
  actions.updateCustomer(silent, { name: 'Ada Lovelace' })
  const letters = await account.sent()
  await account.tell(letters.toReversed())
  actions.setPaymentMethod(silent, 'declined')
  actions.advance(32 * DAY_MS)
  const body = new URLSearchParams({
    amount: '500',
    currency: 'usd',
    customer: silent,
    payment_method: 'pm_card_visa',
    confirm: 'true',
  })
  const headers = { authorization: 'Bearer sk_test_dashboard' }
  await account.stripe.fetch(
    new Request('http://stripe.test/v1/payment_intents', { method: 'POST', headers, body }),
  )
  await account.tell((await account.sent()).map(withoutInvoice).toReversed())
  await account.tend()
  actions.updateCustomer(silent, { name: 'Ada King' })
  expect(await reconcile(account.work)).toMatchObject({ subscriptions: 1 })

  const paths = new Set(calls.map(({ path }) => path.replace(/\/(cus|in|sub)_\w+$/, '/{id}')))
  expect([...paths].sort()).toEqual([
    '/v1/customers/{id}',
    '/v1/events',
    '/v1/invoice_payments',
    '/v1/invoices/{id}',
    '/v1/subscriptions',
    '/v1/subscriptions/{id}',
  ])
  expect(calls.filter(({ inside }) => inside)).toEqual([])
  const waiting = await account.db
    .selectFrom('stripe_events')
    .select('id')
    .where('state', '=', 'pending')
    .execute()
  expect(waiting).toEqual([])
})
