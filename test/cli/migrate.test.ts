import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../lib/db/migrations.ts'
import { writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

const NOWHERE = 'http://127.0.0.1:9'

const configOf = (database: object) =>
  writeConfig({ database, kratos: { url: NOWHERE, adminUrl: NOWHERE }, log: { level: 'error' } })

const lines = (state: string) =>
  Object.keys(migrations)
    .map((name) => `${state} ${name}\n`)
    .join('')

describe('migrate --status on SQLite changes nothing', () => {
  test('where there is no file', async () => {
    const home = tempDir('status')
    const config = configOf({ file: join(home, 'data', 'auth.sqlite') })
    expect(await runCli('migrate', '--status', '--config', config)).toEqual({
      code: 1,
      stdout: lines('pending'),
      stderr: 'no database yet: every migration is pending\n',
    })
    expect(existsSync(join(home, 'data'))).toBe(false)
  })

  test('where nobody has the file open', async () => {
    const home = tempDir('status')
    const config = configOf({ file: join(home, 'au%th?.sqlite') })
    expect((await runCli('migrate', '--config', config)).code).toBe(0)
    const before = readdirSync(home)
    expect(await runCli('migrate', '--status', '--config', config)).toEqual({
      code: 0,
      stdout: lines('applied'),
      stderr: '',
    })
    expect(readdirSync(home)).toEqual(before)
  })

  test('and sees what a process that has the file open has written', async () => {
    const home = tempDir('status')
    const file = join(home, 'auth.sqlite')
    const config = configOf({ file })
    expect((await runCli('migrate', '--config', config)).code).toBe(0)
    using other = new DatabaseSync(file)
    other.exec("delete from kysely_migration where name > '0001'")
    expect(readdirSync(home)).toContain('auth.sqlite-wal')
    const { code, stdout } = await runCli('migrate', '--status', '--config', config)
    expect(code).toBe(1)
    expect(stdout).toBe(lines('pending'))
  })
})
