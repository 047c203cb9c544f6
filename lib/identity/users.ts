import type { Transaction } from 'kysely'
import { onDuplicate } from '../db/dialect.ts'
import type { Database, UserRow } from '../db/tables.ts'
import type { Traits } from '../ory/kratos-session.ts'

/**
 * Makes the user row of a Kratos identity when it is missing, locks it until the transaction ends and brings its traits up to
 * date. Whatever else a transaction does for a user follows this call, so that parallel transactions queue here.
 */
export async function lockUser(
  trx: Transaction<Database>,
  identity: string,
  traits: Traits,
  now: number,
): Promise<UserRow> {
  await onDuplicate(trx, insertUser(trx, identity, traits, now), ['identity'], traits).execute()
  return lockedUser(trx, identity)
}

/** As `lockUser`, but a row that is there keeps its traits: for callers who know less of them than Kratos does. */
export async function lockUserAsIs(
  trx: Transaction<Database>,
  identity: string,
  traits: Traits,
  now: number,
): Promise<UserRow> {
  await onDuplicate(trx, insertUser(trx, identity, traits, now), ['identity'], { identity }).execute()
  return lockedUser(trx, identity)
}

function insertUser(trx: Transaction<Database>, identity: string, traits: Traits, now: number) {
  return trx.insertInto('users').values({
    identity,
    ...traits,
    state: 'active',
    avatar: null,
    birth_date: null,
    gender: null,
    bootstrapped_at: null,
    created_at: now,
    updated_at: now,
  })
}

function lockedUser(trx: Transaction<Database>, identity: string): Promise<UserRow> {
  return trx.selectFrom('users').selectAll().where('identity', '=', identity).executeTakeFirstOrThrow()
}

export function hasTraits(user: Traits, traits: Traits): boolean {
  return (
    user.email === traits.email &&
    user.first_name === traits.first_name &&
    user.last_name === traits.last_name &&
    user.verified === traits.verified
  )
}

/** The name to show for a user: the full name, else the local part of the address. */
export function displayName(user: Pick<UserRow, 'first_name' | 'last_name' | 'email'>): string {
  return `${user.first_name} ${user.last_name}`.trim() || user.email.split('@')[0]!
}

/** The user as events name it. */
export function eventActor(user: UserRow) {
  return { identity: user.identity, email: user.email, firstName: user.first_name, lastName: user.last_name }
}
