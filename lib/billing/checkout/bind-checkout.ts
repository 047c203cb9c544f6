import type { Transaction } from 'kysely'
import type Stripe from 'stripe'
import type { CheckoutReservationRow, Database, GroupRow } from '../../db/tables.ts'
import { transact } from '../../db/transact.ts'
import { appendEvent } from '../../events/outbox.ts'
import type { Trace } from '../../http/trace.ts'
import { addMember, configuredGroupNames, createGroup } from '../../identity/groups.ts'
import { eventActor } from '../../identity/users.ts'
import { linkCustomer, linkSubscription } from '../ledger/link.ts'
import { idOf } from '../stripe-fields.ts'
import { type CheckoutServices, type CompletedCheckout, completedOf } from './completed-checkout.ts'
import { recordPurchase } from './record-purchase.ts'
import { lockReservation } from './reservations.ts'

/**
 * Gives a paid checkout its group, in one transaction that queues behind others for the same reservation: the second finds it
 * completed. The state of its subscription is stored already.
 */
export async function bindCheckout(
  services: CheckoutServices,
  reservationId: string,
  session: Stripe.Checkout.Session,
  now: number,
  trace: Trace,
): Promise<CompletedCheckout> {
  const { completed, group, reservation } = await transact(services.db, async (trx) => {
    const reservation = await lockReservation(trx, reservationId)
    const done = completedOf(reservation)
    if (done) return { completed: done }

    const group = await groupOf(trx, services, reservation, now, trace)
    await addMember(trx, group.id, reservation.user_id, ['group-admin'], now)
    const subscriptionId = await bindSubscription(trx, services, reservation, session, group, now, trace)
    await trx
      .updateTable('checkout_reservations')
      .set({ state: 'completed', held_name: null, group_id: group.id, updated_at: now })
      .set({ session_id: session.id, provider_subscription_id: subscriptionId })
      .where('id', '=', reservationId)
      .execute()
    const { identity } = reservation
    const completed = { reservationId, sessionId: session.id, groupId: group.id, subscriptionId, identity }
    return { completed, group, reservation }
  })
  if (group && group.name !== reservation.name) {
    services.log.warn({ reservationId, wanted: reservation.name, group: group.name }, 'paid name was taken')
  }
  return completed
}

/**
 * The buyer's own group, or a new one under the name that was held; its hold ends here, since the group itself blocks it from now on.
 * Who is no group-admin of the group any more buys for a new one: a payment gives nobody a role back that was taken.
 */
async function groupOf(
  trx: Transaction<Database>,
  { config }: CheckoutServices,
  { id, group_id: groupId, name, long_name: longName, user_id: userId }: CheckoutReservationRow,
  now: number,
  trace: Trace,
): Promise<GroupRow> {
  const own = groupId === null ? undefined : await findAdministered(trx, groupId, userId)
  if (own) return own

  await trx.updateTable('checkout_reservations').set({ held_name: null }).where('id', '=', id).execute()
  const notNamed = configuredGroupNames(config)
  const group = await createGroup(trx, { name, slugSource: name, longName, notNamed }, now)
  const user = await trx.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirstOrThrow()
  const payload = {
    group: { id: group.id, name: group.name, longName: group.long_name },
    user: eventActor(user),
  }
  await appendEvent(trx, 'group.created', payload, now, trace)
  return group
}

/** The group, if the user is its group-admin. */
function findAdministered(
  trx: Transaction<Database>,
  groupId: number,
  userId: number,
): Promise<GroupRow | undefined> {
  return trx
    .selectFrom('groups as g')
    .innerJoin('membership_roles as m', 'm.group_id', 'g.id')
    .selectAll('g')
    .where('g.id', '=', groupId)
    .where('m.user_id', '=', userId)
    .where('m.role', '=', 'group-admin')
    .executeTakeFirst()
}

/** @returns the provider's id of what was bought */
async function bindSubscription(
  trx: Transaction<Database>,
  services: CheckoutServices,
  reservation: CheckoutReservationRow,
  session: Stripe.Checkout.Session,
  group: GroupRow,
  now: number,
  trace: Trace,
): Promise<string> {
  const customerId = idOf(session.customer)
  const subscriptionId = idOf(session.subscription) ?? session.id
  if (customerId) await linkCustomer(trx, services, customerId, group.id, now, trace)
  if (!session.subscription) await recordPurchase(trx, services, reservation, session, now)
  await linkSubscription(trx, services, subscriptionId, group.id, now, trace)
  return subscriptionId
}
