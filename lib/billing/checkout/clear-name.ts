import type { CheckoutReservationRow } from '../../db/tables.ts'
import { ApiError } from '../../http/errors.ts'
import type { Trace } from '../../http/trace.ts'
import { askStripe, requireAnswer } from '../stripe-client.ts'
import { settleCheckout } from './complete-checkout.ts'
import type { CheckoutServices, CompletedCheckout } from './completed-checkout.ts'
import { holdsAgainst } from './name-standing.ts'
import { releaseReservationById } from './release-reservation.ts'
import { findHolder } from './reservations.ts'

/**
 * Makes a name free that the buyer himself holds, or whose hold has lapsed: never before Stripe has said that nobody can pay for it
 * any more.
 * @returns the buyer's own checkout of that name when it turns out to be paid
 * @throws {ApiError} `group_name_taken`, `payments_unavailable`
 */
export async function clearName(
  services: CheckoutServices,
  name: string,
  buyer: string,
  now: number,
  trace: Trace,
): Promise<CompletedCheckout | undefined> {
  const holder = await findHolder(services.db, name)
  if (!holder) return undefined
  const isOwn = holder.identity === buyer
  if (!isOwn && holdsAgainst(holder, buyer, now)) throw new ApiError('group_name_taken')
  if (isOwn && (await endSession(services, holder, now))) return undefined

  const outcome = await settleCheckout(services, holder, now, trace)
  switch (outcome.kind) {
    case 'freed':
      return undefined
    case 'completed':
      if (isOwn) return outcome.checkout
      throw new ApiError('group_name_taken')
    case 'processing':
      if (!isOwn) throw new ApiError('group_name_taken')
      throw new ApiError('group_name_taken', { detail: 'Your payment for this name is still on its way.' })
    case 'open':
      throw new ApiError('group_name_taken')
  }
}

/**
 * Ends an open session at Stripe, so that it cannot be paid beside the one that replaces it. A reservation that has no session has
 * shown its address to nobody: it can go at once, and a request that is just making one finds that out.
 * @returns whether it ended; one that Stripe does not end is complete, or ended before
 */
async function endSession(
  services: CheckoutServices,
  { id, session_id: sessionId, state }: CheckoutReservationRow,
  now: number,
): Promise<boolean> {
  if (state !== 'open') return false
  if (sessionId !== null) {
    const answer = await askStripe(services, 'checkout.sessions.expire', (stripe) =>
      stripe.checkout.sessions.expire(sessionId),
    )
    if (answer.kind === 'refused') return false
    if (answer.kind !== 'missing') requireAnswer(answer)
  }
  return releaseReservationById(services.db, id, now)
}
