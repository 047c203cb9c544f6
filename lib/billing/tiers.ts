import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'
import { PaymentTier } from './tier-schema.ts'

/** The tiers on offer in their configured order. @param platform leaves out tiers that name platforms without it */
export async function findTiers(db: Kysely<Database>, platform?: string): Promise<PaymentTier[]> {
  const query = db.selectFrom('tiers').select('definition').where('active', '=', 1).orderBy('position')
  const tiers = (await query.execute()).map((row) => PaymentTier.parse(JSON.parse(row.definition)))
  return tiers.filter((tier) => !platform || !tier.platforms?.length || tier.platforms.includes(platform))
}
