import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { drainStripeEvents, type LedgerWork } from '../../lib/billing/ledger/drain-stripe-events.ts'
import { tendLedger } from '../../lib/billing/ledger/tend-ledger.ts'
import { storeStripeEvent } from '../../lib/billing/store-stripe-event.ts'
import { readStripeEvent } from '../../lib/billing/stripe-event.ts'
import { newTrace } from '../../lib/http/trace.ts'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import { insertGroups } from './insert-groups.ts'
import { createDatabase } from './mariadb.ts'
import type { SeededRandom } from './seeded-random.ts'
import { startStripe } from './stripe.ts'
import { createMailbox, type Letter, subscribeMailbox } from './stripe-courier.ts'
import { createHistory, HISTORY_START } from './stripe-history.ts'
import { createTestEnv } from './test-env.ts'

const GROUPS = ['anna', 'berta', 'clara', 'dora', 'emma', 'frida', 'greta', 'hanna']

/** An account with a history that goes on, and one replica's ledger, whose time is the account's, that is told of it. @param keys of `stripe` in the configuration */
export async function openToldLedger(
  random: SeededRandom,
  database: 'sqlite' | 'mariadb' = 'sqlite',
  keys: Record<string, unknown> = {},
) {
  const mailbox = createMailbox(random)
  const served = await startStripe({
    now: () => HISTORY_START,
    random: random.next,
    webhookFetch: mailbox.fetch,
  })
  const { stripe } = served
  subscribeMailbox(stripe)
  const history = createHistory(stripe, random, GROUPS)
  const test = await createTestEnv({
    config: {
      paymentTiers: tiersOf(stripe),
      stripe: { secretKey: 'sk_test_told', apiBase: served.url, maxRetries: 0, ...keys },
      ...(database === 'mariadb' && { database: await createDatabase(inject('mariadb')!) }),
    },
  })
  onTestFinished(test.close)
  const { db } = test.env
  await insertGroups(db, GROUPS)
  const work: LedgerWork = {
    ...test.env,
    clock: { now: stripe.now },
    owner: randomUUID(),
    random: random.next,
  }

  return {
    stripe,
    db,
    work,
    log: test.log,
    history,
    /** What Stripe has sent since the last call. */
    async sent(): Promise<Letter[]> {
      await stripe.delivery.deliverAll()
      return mailbox.take()
    },
    /** Takes events in, in this order, and applies all that it can. */
    async tell(letters: Letter[]) {
      for (const { body } of letters) {
        const event = readStripeEvent(JSON.parse(body))!
        await storeStripeEvent(db, { event, raw: body, now: stripe.now(), trace: newTrace() })
      }
      return drainStripeEvents(work)
    },
    tend: () => tendLedger(work, { unclaimedAfter: 0, now: stripe.now(), trace: newTrace() }),
  }
}

/** A tier for each price, known by the price's id as well: events of old API versions show a plan, whose id is all that there is. */
export function tiersOf({ state }: StripeStandIn) {
  return state.prices().map(({ id, lookup_key: tierName }) => ({
    tierName,
    lookupKey: tierName,
    variants: [{ label: 'By its id', lookupKey: id }],
  }))
}
