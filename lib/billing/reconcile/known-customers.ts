import type { Kysely } from 'kysely'
import type { Database } from '../../db/tables.ts'
import { STRIPE } from '../ledger/rows.ts'

const PAGE = 500

/** Every Stripe customer that may have a subscription, a page at a time, by id. */
export async function* knownCustomers(db: Kysely<Database>): AsyncGenerator<string> {
  let after = ''
  for (;;) {
    const customers = await db
      .selectFrom('billing_customers')
      .select('customer_id')
      .where('deleted', '=', 0)
      .where('customer_id', '>', after)
      .orderBy('customer_id')
      .limit(PAGE)
      .execute()
    const payers = await db
      .selectFrom('subscriptions')
      .select('provider_customer_id as customer_id')
      .distinct()
      .where('provider', '=', STRIPE)
      .where('ended_at', 'is', null)
      .where('provider_customer_id', '>', after)
      .orderBy('provider_customer_id')
      .limit(PAGE)
      .execute()
    const ids = [...customers, ...payers].map((row) => row.customer_id!)
    const page = [...new Set(ids)].toSorted(byBytes).slice(0, PAGE)
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)!
  }
}

/** How many there are, near enough for a progress bar: those that only a subscription names are not counted. */
export async function countKnownCustomers(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('billing_customers')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('deleted', '=', 0)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** As the databases order ids, which are ASCII. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
