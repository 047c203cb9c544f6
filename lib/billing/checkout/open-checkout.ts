import type { Transaction } from 'kysely'
import { forUpdate } from '../../db/dialect.ts'
import type { Database } from '../../db/tables.ts'
import { transact } from '../../db/transact.ts'
import { ApiError } from '../../http/errors.ts'
import type { Trace } from '../../http/trace.ts'
import type { Tenant } from '../../identity/principal.ts'
import { findPrice, isOnOffer } from '../prices.ts'
import type { CheckoutOrder } from './checkout-order.ts'
import { clearName } from './clear-name.ts'
import type { CheckoutServices } from './completed-checkout.ts'
import { successUrl } from './dashboard-urls.ts'
import { nameStanding, nameStandingOfHolder } from './name-standing.ts'
import { countOpenReservations, insertReservation, type NewReservation } from './reservations.ts'
import { startSession } from './start-session.ts'

/** Longer than the shortest life that Stripe gives a session, by what our own work may take. */
const RESERVATION_MS = 31 * 60_000
const MAX_OPEN = 3

/**
 * Opens a checkout for a group's name, which is held for as long as the session lives. A buyer who has paid for it already is sent to
 * where a payment ends. The signature of the name and the buyer's address are checked by the caller.
 * @returns where the buyer pays
 * @throws {ApiError} `payments_not_configured`, `group_name_taken`, `too_many_checkouts`, `price_unknown`, `payments_unavailable`, `conflict`
 */
export async function openCheckout(
  services: CheckoutServices,
  tenant: Tenant,
  order: CheckoutOrder,
  trace: Trace,
): Promise<string> {
  const { config, db, clock } = services
  const { lookupKey, organizationName: name } = order
  if (!config.stripe.successBaseUrl) throw new ApiError('payments_not_configured')
  const price = isOnOffer(config, lookupKey) ? await findPrice(services, lookupKey) : undefined
  if (!price) throw new ApiError('price_unknown')
  if ((await nameStanding(db, config, tenant, name)).kind === 'taken') throw new ApiError('group_name_taken')

  const paid = await clearName(services, name, tenant.user.identity, clock.now(), trace)
  if (paid) return successUrl(config.stripe, paid.sessionId)

  const reservation = await reserve(services, tenant, order)
  return startSession(services, { order, reservation, price, email: tenant.user.email })
}

/** Holds the name, before Stripe hears of it. */
function reserve(services: CheckoutServices, tenant: Tenant, order: CheckoutOrder): Promise<NewReservation> {
  const { user } = tenant
  const id = crypto.randomUUID()
  const now = services.clock.now()
  return transact(services.db, async (trx) => {
    await lockBuyer(trx, user.id)
    if ((await countOpenReservations(trx, user.identity, now)) >= MAX_OPEN) {
      throw new ApiError('too_many_checkouts', { headers: { 'retry-after': '60' } })
    }
    const reservation = { ...heldFor(tenant, order, now), id }
    if (!(await insertReservation(trx, reservation, now))) throw new ApiError('group_name_taken')

    const standing = await nameStandingOfHolder(trx, services.config, tenant, reservation.name)
    if (standing.kind === 'taken') throw new ApiError('group_name_taken')
    if (standing.kind === 'free') return reservation
    const groupId = standing.group.id
    await trx
      .updateTable('checkout_reservations')
      .set({ group_id: groupId })
      .where('id', '=', reservation.id)
      .execute()
    return { ...reservation, groupId }
  })
}

function heldFor({ user }: Tenant, order: CheckoutOrder, now: number): Omit<NewReservation, 'id'> {
  return {
    name: order.organizationName,
    identity: user.identity,
    userId: user.id,
    groupId: null,
    longName: order.organizationLongName,
    lookupKey: order.lookupKey,
    expiresAt: Math.floor((now + RESERVATION_MS) / 1000) * 1000,
  }
}

/** Parallel checkouts of one buyer queue here, so that they are counted right. */
async function lockBuyer(trx: Transaction<Database>, userId: number): Promise<void> {
  await forUpdate(
    trx,
    trx.selectFrom('users').select('id').where('id', '=', userId),
  ).executeTakeFirstOrThrow()
}
