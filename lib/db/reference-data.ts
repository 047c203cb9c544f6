import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import { onDuplicate, orIgnore } from './dialect.ts'
import type { Database } from './tables.ts'

/** The roles that the product itself gives a meaning to. */
const BUILT_IN_ROLES: Database['roles'][] = [
  { name: 'sysadmin', scope: 'global' },
  { name: 'admin', scope: 'global' },
  { name: 'group-admin', scope: 'group' },
]

export async function seedRoles(db: Kysely<Database>): Promise<void> {
  await orIgnore(db, db.insertInto('roles').values(BUILT_IN_ROLES)).execute()
}

/** Writes the configured tiers; one that left the configuration stays for the subscriptions that name it, inactive. */
export async function syncTiers(db: Kysely<Database>, tiers: Config['tiers']): Promise<void> {
  for (const [position, tier] of tiers.entries()) {
    const row = { lookup_key: tier.lookupKey ?? null, definition: JSON.stringify(tier), position, active: 1 }
    const insert = db.insertInto('tiers').values({ tier_name: tier.tierName, ...row })
    await onDuplicate(db, insert, ['tier_name'], row).execute()
  }

  const names = tiers.map((tier) => tier.tierName)
  let retired = db.updateTable('tiers').set({ active: 0 }).where('active', '=', 1)
  if (names.length) retired = retired.where('tier_name', 'not in', names)
  await retired.execute()
}
