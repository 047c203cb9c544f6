import { createConnection } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { requirePart } from './available.ts'
import { startMariaDb } from './mariadb.ts'

describe.skipIf(requirePart('mariadb'))('startMariaDb', () => {
  test('keeps committed rows, and only those, when it is killed and started again', async () => {
    const server = await startMariaDb()
    const { dbname, ...account } = await server.createDatabase()
    const before = await createConnection({ ...account, database: dbname })
    before.on('error', () => {})
    await before.query('CREATE TABLE t (id INT PRIMARY KEY)')
    await before.query('INSERT INTO t VALUES (1)')
    await before.query('BEGIN')
    await before.query('INSERT INTO t VALUES (2)')

    const { pid } = server
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    await server.restart()
    expect(server.pid).not.toBe(pid)

    await using after = await createConnection({ ...account, database: dbname })
    const [rows] = await after.query('SELECT id FROM t')
    expect(rows).toEqual([{ id: 1 }])
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})
