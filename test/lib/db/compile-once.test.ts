import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { compileOnce } from '../../../lib/db/compile-once.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import { type OpenDatabase, openDatabase } from '../../../runtime/node/database.ts'

let open: OpenDatabase
beforeEach(async () => {
  const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const jwtKey = 'a-key-of-tests-that-is-32-bytes-long'
  open = openDatabase(parseConfig({ jwtKey, kratos, database: { file: ':memory:' } }, { env: {} }).config)
  await migrate(open.db, { tiers: [] })
  await open.db
    .insertInto('sessions')
    .values(['a', 'b'].map((sid) => ({ sid, first_seen_at: 1, expires_at: 2, generation: 0 })))
    .execute()
})
afterEach(() => open.close())

it('builds a query once and runs it with the values of each call, in transactions too', async () => {
  let built = 0
  const select = compileOnce((db, sid: string) => {
    built++
    return db.selectFrom('sessions').select('sid').where('sid', '=', sid)
  })

  expect(await select(open.db, 'a')).toEqual([{ sid: 'a' }])
  expect(await select(open.db, 'b')).toEqual([{ sid: 'b' }])
  expect(await select(open.db, 'c')).toEqual([])
  expect(await open.db.transaction().execute((trx) => select(trx, 'b'))).toEqual([{ sid: 'b' }])
  expect(built).toBe(1)
})

it('refuses a query whose values are not its arguments', async () => {
  const select = compileOnce((db, sid: string) =>
    db.selectFrom('sessions').select('sid').where('sid', '=', sid).where('generation', '=', 0),
  )
  await expect(select(open.db, 'a')).rejects.toThrow('the arguments are not the values')
})
