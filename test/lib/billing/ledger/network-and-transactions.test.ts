import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Database } from '../../../../lib/db/tables.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { openToldAccount } from './told-account.ts'

const DAY_MS = 86_400_000
const within = new AsyncLocalStorage<true>()

/** The database, whose transactions can be told from what runs outside of them. */
function marked(db: Kysely<Database>): Kysely<Database> {
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name !== 'transaction') return typeof value === 'function' ? value.bind(target) : value
      return () => ({
        execute: (work: (trx: Transaction<Database>) => Promise<unknown>) =>
          target.transaction().execute((trx) => within.run(true, () => work(trx))),
      })
    },
  })
}

/** As current versions show a payment: whether an invoice asked for it, only Stripe tells. */
function withoutInvoice({ id, body }: Letter): Letter {
  const event = JSON.parse(body)
  if (event.data.object.object === 'payment_intent') delete event.data.object.invoice
  return { id, body: JSON.stringify(event) }
}

test('no network call is made inside any transaction of the ledger', async () => {
  const asked: { path: string; inside: boolean }[] = []
  const { fetch } = globalThis
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    asked.push({ path: new URL(url).pathname, inside: within.getStore() === true })
    return fetch(input, init)
  })
  onTestFinished(() => spy.mockRestore())

  const account = await openToldAccount()
  account.work.db = marked(account.work.db)
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

  const calls = new Set(asked.map(({ path }) => path.replace(/\/(cus|in|sub)_\w+$/, '/{id}')))
  expect([...calls].sort()).toEqual([
    '/v1/customers/{id}',
    '/v1/invoice_payments',
    '/v1/invoices/{id}',
    '/v1/subscriptions/{id}',
  ])
  expect(asked.filter(({ inside }) => inside)).toEqual([])
  const waiting = await account.db
    .selectFrom('stripe_events')
    .select('id')
    .where('state', '=', 'pending')
    .execute()
  expect(waiting).toEqual([])
})
