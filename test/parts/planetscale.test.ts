import { type Config, cast, connect, DatabaseError } from '@planetscale/database'
import { Kysely, sql } from 'kysely'
import { PlanetScaleDialect } from 'kysely-planetscale'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { requirePart } from './available.ts'
import { createDatabase } from './mariadb.ts'
import { type PlanetScaleStandIn, startPlanetScaleStandIn } from './planetscale.ts'

interface Tables {
  things: { id?: number; name: string; size: number | null; bytes: Uint8Array | null }
}

describe.skipIf(requirePart('mariadb'))('PlanetScale stand-in', () => {
  let standIn: PlanetScaleStandIn
  let db: Kysely<Tables>

  beforeAll(async () => {
    standIn = await startPlanetScaleStandIn(await createDatabase(inject('mariadb')!), {
      transactionTimeoutMs: 1500,
    })
    db = new Kysely<Tables>({ dialect: new PlanetScaleDialect({ url: standIn.url }) })
    await sql`CREATE TABLE things (
      id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) NOT NULL UNIQUE, size BIGINT, bytes VARBINARY(50)
    )`.execute(db)
  })
  afterAll(() => standIn?.stop())

  test('reads back text, null, 64-bit and binary values', async () => {
    const bytes = new Uint8Array([0, 39, 92, 128, 255])
    const made = await db
      .insertInto('things')
      .values({ name: 'Zoë ☃ \'"\\', size: null, bytes })
      .executeTakeFirst()
    expect(made.insertId).toBeGreaterThan(0n)

    const big = { name: 'big', size: Number.MAX_SAFE_INTEGER, bytes: null }
    await db.insertInto('things').values(big).execute()
    const rows = await db.selectFrom('things').select(['name', 'size', 'bytes']).orderBy('id').execute()
    expect(rows).toEqual([
      { name: 'Zoë ☃ \'"\\', size: null, bytes },
      { name: 'big', size: '9007199254740991', bytes: null },
    ])
  })

  test('names the types that a cast function chooses by', async () => {
    await sql`CREATE TABLE kinds (
      i BIGINT, u BIGINT UNSIGNED, tiny TINYINT UNSIGNED, d DECIMAL(5,2), t TEXT, b BLOB, j JSON, e ENUM('on')
    )`.execute(db)
    await sql`INSERT INTO kinds VALUES (-5, 5, 1, 1.5, 'x', x'00ff', '{"a":1}', 'on')`.execute(db)

    const numbers: Config['cast'] = (field, value) =>
      field.type === 'INT64' ? Number(value) : cast(field, value)
    const { types, rows } = await connect({ url: standIn.url, cast: numbers }).execute('SELECT * FROM kinds')
    const expected = {
      i: 'INT64',
      u: 'UINT64',
      tiny: 'UINT8',
      d: 'DECIMAL',
      t: 'TEXT',
      b: 'BLOB',
      j: 'JSON',
      e: 'ENUM',
    }
    expect(types).toEqual(expected)
    const b = new Uint8Array([0, 255])
    expect(rows).toEqual([{ i: -5, u: '5', tiny: 1, d: '1.50', t: 'x', b, j: { a: 1 }, e: 'on' }])
  })

  test('counts the rows that a change matched', async () => {
    await db.insertInto('things').values({ name: 'same', size: 1, bytes: null }).execute()
    const update = db.updateTable('things').set({ size: 1 }).where('name', '=', 'same')
    expect((await update.executeTakeFirst()).numUpdatedRows).toBe(1n)
  })

  test('shows a transaction to others at its commit and not before', async () => {
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('things').values({ name: 'committed', size: 1, bytes: null }).execute()
      expect(await named('committed', trx)).toHaveLength(1)
      expect(await named('committed')).toHaveLength(0)
    })
    expect(await named('committed')).toHaveLength(1)
  })

  test('rolls a failed transaction back', async () => {
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('things').values({ name: 'undone', size: 1, bytes: null }).execute()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await named('undone')).toHaveLength(0)
  })

  test('honours the isolation level of a transaction', async () => {
    const count = async (on: Kysely<Tables>) => {
      const { rows } = await sql<{ n: string }>`SELECT COUNT(*) n FROM things WHERE name = 'visible'`.execute(
        on,
      )
      return Number(rows[0]?.n)
    }
    await db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        expect(await count(trx)).toBe(0)
        await db.insertInto('things').values({ name: 'visible', size: 1, bytes: null }).execute()
        expect(await count(trx)).toBe(1)
      })
  })

  test('words a duplicate key as Vitess does, and the transaction goes on', async () => {
    await db.insertInto('things').values({ name: 'twice', size: 1, bytes: null }).execute()
    await db.transaction().execute(async (trx) => {
      const again = trx.insertInto('things').values({ name: 'twice', size: 1, bytes: null }).execute()
      const error = await again.catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(DatabaseError)
      expect((error as DatabaseError).body.code).toBe('ALREADY_EXISTS')
      expect((error as DatabaseError).message).toContain('(errno 1062) (sqlstate 23000)')
      await trx.insertInto('things').values({ name: 'after duplicate', size: 1, bytes: null }).execute()
    })
    expect(await named('after duplicate')).toHaveLength(1)
  })

  test('ends a transaction that lasts too long and says so once', async () => {
    const connection = connect({ url: standIn.url })
    await connection.execute('BEGIN')
    await connection.execute('INSERT INTO things (name) VALUES (?)', ['late'])
    await new Promise((resolve) => setTimeout(resolve, 1700))

    const error = await connection.execute('COMMIT').catch((caught: unknown) => caught)
    expect((error as DatabaseError).body.code).toBe('ABORTED')
    expect(await named('late')).toHaveLength(0)
    expect((await connection.execute('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('refuses a wrong password', async () => {
    const stranger = connect({ url: standIn.url.replace(standIn.password, 'wrong') })
    await expect(stranger.execute('SELECT 1')).rejects.toMatchObject({ status: 401 })
  })

  function named(name: string, on: Kysely<Tables> = db) {
    return on.selectFrom('things').select('id').where('name', '=', name).execute()
  }
})
