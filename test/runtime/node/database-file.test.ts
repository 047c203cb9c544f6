import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../../runtime/node/database.ts'
import { tempDir } from '../../parts/temp-dir.ts'

/** Of every file in a directory. */
function modesIn(dir: string): Record<string, string> {
  const modeOf = (name: string) => (statSync(join(dir, name)).mode & 0o777).toString(8)
  return Object.fromEntries(readdirSync(dir).map((name) => [name, modeOf(name)]))
}

async function writeTo(file: string): Promise<() => Promise<void>> {
  const { db, close } = openDatabase({ database: { file } } as Parameters<typeof openDatabase>[0])
  await sql`create table if not exists noted (text text)`.execute(db)
  await sql`insert into noted values ('a code')`.execute(db)
  return close
}

describe('the file of SQLite', () => {
  it('is readable by nobody else, nor are those beside it, whatever the umask', async () => {
    const dir = join(tempDir('database-file'), 'made')
    const umask = process.umask(0o022)
    const close = await writeTo(join(dir, 'a.sqlite')).finally(() => process.umask(umask))
    expect(modesIn(dir)).toEqual({ 'a.sqlite': '600', 'a.sqlite-shm': '600', 'a.sqlite-wal': '600' })
    await close()
  })

  it('keeps the mode that somebody gave it', async () => {
    const dir = tempDir('database-file')
    const file = join(dir, 'a.sqlite')
    writeFileSync(file, '')
    chmodSync(file, 0o640)
    const close = await writeTo(file)
    expect(modesIn(dir)).toEqual({ 'a.sqlite': '640', 'a.sqlite-shm': '640', 'a.sqlite-wal': '640' })
    await close()
  })
})
