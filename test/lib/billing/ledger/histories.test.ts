import { describe, expect, test } from 'vitest'
import { isHandled } from '../../../../lib/billing/ledger/handled-events.ts'
import { requirePart } from '../../../parts/available.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import type { Letter } from '../../../parts/stripe-courier.ts'
import { trueLedger, writtenLedger } from '../../../parts/stripe-ledger.ts'
import { openToldLedger } from '../../../parts/told-ledger.ts'

const ROUNDS = 5
const EVENTS = 1000
const { seed } = seededRandom()
const kinds = requirePart('mariadb') ? (['sqlite'] as const) : (['sqlite', 'mariadb'] as const)

describe.each(kinds)('a ledger on %s', (kind) => {
  test(`shows what Stripe has, in whatever order it is told while that goes on (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const { stripe, db, history, sent, tell, tend } = await openToldLedger(random, kind)
    let held: Letter[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      const isLast = round === ROUNDS
      await history.live((EVENTS * round) / ROUNDS)
      if (isLast) history.settle()
      const letters = random.shuffle([...held, ...(await sent())])
      held = isLast ? [] : letters.splice(0, Math.floor(letters.length / 4))
      const report = await tell(letters)
      expect(report).toMatchObject({ failed: 0, dead: 0, empty: true })
    }
    await tend()

    expect(await writtenLedger(db)).toEqual(trueLedger(stripe, history))
    const events = await db.selectFrom('stripe_events').select(['type', 'state']).execute()
    for (const { type, state } of events) expect(state).toBe(isHandled(type) ? 'applied' : 'ignored')
    expect(events).toHaveLength(stripe.state.events().length)
  }, 60_000)
})
