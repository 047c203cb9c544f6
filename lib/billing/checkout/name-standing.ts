import type { Kysely, Transaction } from 'kysely'
import type { Config } from '../../config.ts'
import { forUpdate } from '../../db/dialect.ts'
import type { CheckoutReservationRow, Database, GroupRow } from '../../db/tables.ts'
import { configuredGroupNames, findGroupByName } from '../../identity/groups.ts'
import type { Tenant } from '../../identity/principal.ts'
import { hasLivePurchase } from '../group-subscriptions.ts'

/** Whether a user may buy a subscription under a name, as far as groups go. */
export type NameStanding =
  | { kind: 'free' }
  /** The user's own group, that has bought nothing yet or no longer. */
  | { kind: 'own'; group: GroupRow }
  | { kind: 'taken' }

export async function nameStanding(
  db: Kysely<Database>,
  config: Pick<Config, 'users'>,
  tenant: Tenant,
  name: string,
): Promise<NameStanding> {
  return standing(db, config, tenant, name, await findGroupByName(db, name))
}

/**
 * The same within the transaction that holds the name: a group that is just being made is waited for. Whoever wrote the reservation
 * before asking either sees the group, or is seen by its maker.
 */
export async function nameStandingOfHolder(
  trx: Transaction<Database>,
  config: Pick<Config, 'users'>,
  tenant: Tenant,
  name: string,
): Promise<NameStanding> {
  const query = trx.selectFrom('groups').selectAll().where('name', '=', name)
  return standing(trx, config, tenant, name, await forUpdate(trx, query).executeTakeFirst())
}

/** Whether this hold keeps an identity from checking out under the name: it is another's and not lapsed, or paid for already. */
export function holdsAgainst(
  { identity, state, expires_at: expiresAt }: CheckoutReservationRow,
  buyer: string,
  now: number,
): boolean {
  return state === 'processing' || (identity !== buyer && expiresAt > now)
}

async function standing(
  db: Kysely<Database>,
  config: Pick<Config, 'users'>,
  tenant: Tenant,
  name: string,
  group: GroupRow | undefined,
): Promise<NameStanding> {
  if (!group) return { kind: configuredGroupNames(config).includes(name) ? 'taken' : 'free' }
  const membership = tenant.memberships.find((candidate) => candidate.group.id === group.id)
  if (!membership?.roles.includes('group-admin')) return { kind: 'taken' }
  return (await hasLivePurchase(db, group.id)) ? { kind: 'taken' } : { kind: 'own', group }
}
