import { ApiError } from '../../http/errors.ts'
import type { Trace } from '../../http/trace.ts'
import { completeCheckout } from '../checkout/complete-checkout.ts'
import { findReservation } from '../checkout/reservations.ts'
import type { LedgerServices } from './ledger-services.ts'
import type { Prepared } from './prepared.ts'

/**
 * Completes the checkout that made something, so that its group is known before anything is told of it.
 * @param reservationId as metadata names it, ours or not
 * @returns what keeps the event waiting, if anything does
 */
export async function bindReservation(
  services: LedgerServices,
  reservationId: string | null,
  now: number,
  trace: Trace,
): Promise<Prepared | undefined> {
  if (reservationId === null) return undefined
  const reservation = await findReservation(services.db, reservationId)
  if (!reservation?.session_id) return undefined
  return bindSession(services, reservation.session_id, now, trace)
}

/** The same by the session. One that is not ours, or not paid, keeps nothing waiting. */
export async function bindSession(
  services: LedgerServices,
  sessionId: string,
  now: number,
  trace: Trace,
): Promise<Prepared | undefined> {
  try {
    await completeCheckout(services, sessionId, now, trace)
    return undefined
  } catch (error) {
    if (error instanceof ApiError && error.code === 'payments_unavailable') {
      return { kind: 'away', reason: 'the checkout session could not be read' }
    }
    throw error
  }
}
