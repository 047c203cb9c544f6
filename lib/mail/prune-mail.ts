import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'
import type { PruneBatch } from '../events/prune.ts'
import { ERASED_MAIL, REFUSED_MAIL } from './mail-subjects.ts'
import { addresseeOf } from './refused-mail.ts'

/**
 * Erases what delivered mails carried, since codes and links sign in; at most `limit`. The row stays with sender, recipient and template,
 * so that its id still tells a repeat. @returns how many
 */
export async function eraseMail(db: Kysely<Database>, { before, limit }: PruneBatch): Promise<number> {
  const old = await db
    .selectFrom('event_outbox')
    .select(['seq', 'payload'])
    .where('subject', '=', 'mail.send')
    .where('state', '=', 'relayed')
    .where('relayed_at', '<', before)
    .orderBy('seq')
    .limit(limit)
    .execute()
  for (const { seq, payload } of old) {
    await db
      .updateTable('event_outbox')
      .set({ subject: ERASED_MAIL, payload: JSON.stringify(addresseeOf(JSON.parse(payload))) })
      .where('seq', '=', seq)
      .where('state', '=', 'relayed')
      .execute()
  }
  return old.length
}

/** Deletes the dead letters of refused mails, which nobody can send; at most `limit`. @returns how many */
export async function pruneRefusedMail(db: Kysely<Database>, { before, limit }: PruneBatch): Promise<number> {
  const old = await db
    .selectFrom('event_outbox')
    .select('seq')
    .where('subject', '=', REFUSED_MAIL)
    .where('created_at', '<', before)
    .orderBy('seq')
    .limit(limit)
    .execute()
  if (old.length === 0) return 0

  const seqs = old.map(({ seq }) => seq)
  await db.deleteFrom('event_outbox').where('seq', 'in', seqs).where('subject', '=', REFUSED_MAIL).execute()
  return old.length
}
