import { databaseFailure } from '../../db/errors.ts'
import type { StripeEventRow } from '../../db/tables.ts'
import { transact } from '../../db/transact.ts'
import { newTrace, type Trace } from '../../http/trace.ts'
import { readStripeEvent } from '../stripe-event.ts'
import { isHandled } from './handled-events.ts'
import { LedgerConflictError, type LedgerServices } from './ledger-services.ts'
import { prepareEvent } from './prepare-event.ts'
import type { Prepared } from './prepared.ts'
import { LeaseLostError, settleStripeEvents } from './stripe-event-store.ts'

const MAX_TRIES = 10

export type EventOutcome =
  | { kind: 'applied' | 'lost' }
  /** Something that is not the event's fault keeps it waiting. */
  | { kind: 'away'; reason: string }
  | { kind: 'failed'; reason: string; cause: unknown }

/**
 * Applies a leased event, together with the events that it causes, in one transaction; again from its start when a row that it read
 * has changed meanwhile.
 * @throws what the database throws when it is away
 */
export async function applyEvent(
  services: LedgerServices,
  owner: string,
  row: StripeEventRow,
  trace: Trace,
): Promise<EventOutcome> {
  try {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const outcome = await attempt(services, owner, row, trace)
      if (outcome !== 'conflict') return outcome
    }
    throw new LedgerConflictError()
  } catch (error) {
    if (error instanceof LeaseLostError) return { kind: 'lost' }
    const failure = databaseFailure(error)
    if (failure === 'unavailable') throw error
    if (failure === 'conflict') return { kind: 'away', reason: 'others lock the same rows' }
    return { kind: 'failed', reason: reasonOf(error), cause: error }
  }
}

/**
 * Applies leased events that do not touch each other in one transaction, which costs far less than one for each.
 * @returns false when they have to go one by one, since one of them waits, fails or meets another's change: then none is applied
 * @throws what the database throws when it is away
 */
export async function applyTogether(
  services: LedgerServices,
  owner: string,
  rows: StripeEventRow[],
): Promise<boolean> {
  try {
    const now = services.clock.now()
    const prepared = await Promise.all(rows.map((row) => prepare(services, row, now, newTrace())))
    const writes = prepared.flatMap((one) => (one.kind === 'writes' ? one.writes : []))
    if (prepared.some(({ kind }) => kind === 'away')) return false
    await services.db.transaction().execute(async (trx) => {
      for (const write of writes) await write(trx)
      await settleStripeEvents(trx, owner, rows, 'applied', now)
    })
    return true
  } catch (error) {
    if (databaseFailure(error) === 'unavailable') throw error
    return false
  }
}

async function attempt(
  services: LedgerServices,
  owner: string,
  row: StripeEventRow,
  trace: Trace,
): Promise<EventOutcome | 'conflict'> {
  const now = services.clock.now()
  const prepared = await prepare(services, row, now, trace)
  if (prepared.kind === 'away') return prepared
  try {
    await transact(services.db, async (trx) => {
      for (const write of prepared.writes) await write(trx)
      await settleStripeEvents(trx, owner, [row], 'applied', now)
    })
    return { kind: 'applied' }
  } catch (error) {
    if (error instanceof LedgerConflictError) return 'conflict'
    throw error
  }
}

async function prepare(
  services: LedgerServices,
  row: StripeEventRow,
  now: number,
  trace: Trace,
): Promise<Prepared> {
  const event = readStripeEvent(JSON.parse(row.payload ?? 'null'))
  if (!event || !isHandled(event.type)) throw new Error('the stored payload is no event of a handled type')
  return prepareEvent(event.type, { services, event, now, trace })
}

/** What a dead letter says of its end: the error's own sentence; one of a database may quote values, so only its name and number. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const { code, errno, errcode, sqlMessage } = error as Error & Record<string, unknown>
  const isOfDatabase =
    error.name === 'DatabaseError' || [errno, errcode, sqlMessage].some((sign) => sign !== undefined)
  return isOfDatabase ? `${error.name} ${code ?? errcode ?? ''}`.trim() : `${error.name}: ${error.message}`
}
