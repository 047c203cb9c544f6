import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { transact } from '../../../lib/db/transact.ts'
import { recordSession, revokeSessions } from '../../../lib/identity/sessions.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../events/outbox-fixture.ts'

const NOW = 1_800_000_000_000
const sidOf = (index: number) => `c1f5f7c8-0000-4000-8000-${String(index).padStart(12, '0')}`

describe.each(databaseKinds)('sessions on %s', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database?.close())

  it('are revoked by the hundred, exchanged or not, and an earlier end stays', async () => {
    const { db } = database
    const exchanged = { sid: sidOf(1), userId: 1, expiresAt: NOW + 5 }
    await transact(db, (trx) => recordSession(trx, exchanged, NOW - 9))
    await revokeSessions(db, [sidOf(2)], NOW - 1)

    const sids = Array.from({ length: 1201 }, (_, index) => sidOf(index))
    await Promise.all([revokeSessions(db, sids, NOW), revokeSessions(db, sids.toReversed(), NOW)])

    const rows = await db.selectFrom('sessions').selectAll().orderBy('sid').execute()
    expect(rows).toHaveLength(sids.length)
    expect(rows[0]).toMatchObject({ sid: sidOf(0), user_id: null, revoked_at: NOW, generation: 2 })
    expect(rows[1]).toMatchObject({ user_id: 1, expires_at: NOW + 5, revoked_at: NOW, generation: 2 })
    expect(rows[2]).toMatchObject({ revoked_at: NOW - 1, generation: 3 })
    expect(rows.every(({ revoked_at }) => revoked_at !== null)).toBe(true)
  })
})
