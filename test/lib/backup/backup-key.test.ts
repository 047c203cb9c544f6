import { expect, test } from 'vitest'
import { backupFolder, backupKey, manifestKey, wholeBackups } from '../../../lib/backup/backup-key.ts'

const AT = Date.UTC(2026, 0, 31, 6, 0, 0, 123)

test('a key names the database and the time in UTC', () => {
  expect(backupKey('backups', { database: 'kratos', kind: 'mysql', at: AT })).toBe(
    'backups/kratos/kratos-20260131T060000123Z.sql.zst',
  )
  expect(backupKey('/a/b//', { database: 'auth', kind: 'sqlite', at: AT })).toBe(
    'a/b/auth/auth-20260131T060000123Z.sqlite.zst',
  )
  expect(backupKey('/', { database: 'auth', kind: 'mysql', at: AT })).toBe(
    'auth/auth-20260131T060000123Z.sql.zst',
  )
})

test('a name cannot leave its folder, nor be taken for the folder of another', () => {
  expect(backupFolder('b', 'a/../x')).toBe('b/a%2F..%2Fx/')
  expect(backupFolder('b', 'auth').startsWith(backupFolder('b', 'au'))).toBe(false)
})

test('whole backups are those with a manifest, the newest first', () => {
  const keys = [3, 1, 2].map((day) =>
    backupKey('b', { database: 'auth', kind: 'mysql', at: AT + day * 86_400_000 }),
  )
  const [third, first, second] = keys
  const listed = [...keys, manifestKey(first!), manifestKey(third!), `${third}.json.json`, 'b/auth/notes.txt']
  expect(wholeBackups([...listed, 'b/auth/notes.txt.json'])).toEqual([third, first])
  expect(wholeBackups([manifestKey(second!)])).toEqual([])
})
