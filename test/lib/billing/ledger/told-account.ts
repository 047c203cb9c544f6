import { SUBJECTS, type Subject } from '../../../../lib/events/subjects.ts'
import { seededRandom } from '../../../parts/seeded-random.ts'
import { openToldLedger } from '../../../parts/told-ledger.ts'

/** What the outbox tells, payloads checked against the schemas of their subjects. */
export interface Told {
  subject: Subject
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  payload: any
}

/** A ledger that is told of an account, and what a test of single stories does with the two. */
export async function openToldAccount(database: 'sqlite' | 'mariadb' = 'sqlite') {
  const ledger = await openToldLedger(seededRandom(1), database)
  const { stripe, db, sent, tell } = ledger
  let seen = 0
  return {
    ...ledger,
    price: (name: string) => stripe.state.prices().find(({ lookup_key: key }) => key === name)!.id,
    /** A customer who can pay, unless told otherwise. */
    customer(metadata: Record<string, string> = {}, card: 'ok' | 'declined' = 'ok'): string {
      const { id } = stripe.actions.createCustomer({ email: 'ada@example.com', name: 'Ada', metadata })
      stripe.actions.setPaymentMethod(id, card)
      return id
    },
    /** Tells everything that Stripe has sent since the last time, in its order. */
    catchUp: async () => tell(await sent()),
    /** What was told since the last call, of others than `stripe.webhook.event`. */
    async news(): Promise<Told[]> {
      const rows = await db
        .selectFrom('event_outbox')
        .select(['seq', 'subject', 'payload'])
        .where('seq', '>', seen)
        .orderBy('seq')
        .execute()
      seen = rows.at(-1)?.seq ?? seen
      return rows
        .filter(({ subject }) => subject !== 'stripe.webhook.event')
        .map(({ subject, payload }) => {
          const known = subject as Subject
          return { subject: known, payload: SUBJECTS[known].schema.strict().parse(JSON.parse(payload)) }
        })
    },
    subscription: (id: string) =>
      db
        .selectFrom('subscriptions')
        .selectAll()
        .where('provider_subscription_id', '=', id)
        .executeTakeFirstOrThrow(),
    async groupId(name: string): Promise<number> {
      const query = db.selectFrom('groups').select('id').where('name', '=', name)
      return (await query.executeTakeFirstOrThrow()).id
    },
  }
}

export function subjectsOf(told: Told[]): Subject[] {
  return told.map(({ subject }) => subject)
}
