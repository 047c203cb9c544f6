import type { Kysely } from 'kysely'
import type { Database } from '../../lib/db/tables.ts'

/** Makes groups without members. @returns their ids, in the order of the names */
export async function insertGroups(db: Kysely<Database>, names: readonly string[]): Promise<number[]> {
  const row = {
    description: null,
    avatar: null,
    url: null,
    bootstrap_user_id: null,
    created_at: 1,
    updated_at: 1,
  }
  const groups = names.map((name) => ({
    ...row,
    name,
    long_name: name,
    subscription_uuid: crypto.randomUUID(),
  }))
  await db.insertInto('groups').values(groups).execute()
  const made = await db.selectFrom('groups').select(['id', 'name']).where('name', 'in', names).execute()
  const ids = new Map(made.map(({ id, name }) => [name, id]))
  return names.map((name) => ids.get(name)!)
}
