import { expect, test } from 'vitest'
import { backupSources } from '../../../lib/backup/backup-sources.ts'
import { parseConfig } from '../../../lib/config.ts'

const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
const mysql = { host: 'db', port: 3307, user: 'u', password: 'own-password', dbname: 'auth' }
const planetscale = { host: 'ps', username: 'u', password: 'p' }

function sourcesOf(database: object, databases?: unknown) {
  const raw = {
    debug: true,
    jwtKey: 'k',
    kratos,
    database,
    ...(databases !== undefined && { backup: { databases } }),
  }
  return backupSources(parseConfig(raw, { env: {} }).config)
}

test('the own database alone, unless others are named', () => {
  const { dbname, ...server } = mysql
  expect(sourcesOf(mysql)).toEqual([{ kind: 'mysql', name: dbname, dbname, ...server }])
  expect(sourcesOf({ file: 'data/my.auth.sqlite' })).toEqual([
    { kind: 'sqlite', name: 'my.auth', file: 'data/my.auth.sqlite' },
  ])
})

test('names take the server of the own database, maps what they do not say', () => {
  const named = sourcesOf(mysql, 'auth, kratos')
  expect(named).toMatchObject([
    { name: 'auth', host: 'db', port: 3307 },
    { name: 'kratos', user: 'u' },
  ])
  const own = { dbname: 'hydra', host: 'other', port: 1, user: 'h', password: 'x' }
  expect(sourcesOf(mysql, [own, { dbname: 'k', file: 'k.db' }])).toEqual([
    { kind: 'mysql', name: 'hydra', ...own },
    { kind: 'sqlite', name: 'k', file: 'k.db' },
  ])
  expect(sourcesOf({ planetscale }, [own])).toMatchObject([{ kind: 'mysql', host: 'other' }])
})

test.each([
  [{ planetscale }, undefined, 'planetscale', /^PlanetScale keeps backups of its own/],
  [{ planetscale }, 'auth', 'auth', /^PlanetScale keeps backups of its own/],
  [{ file: ':memory:' }, undefined, ':memory:', /in memory cannot be backed up/],
  [{ file: 'a.db' }, 'kratos', 'kratos', /neither host nor file/],
  [{ file: 'a.db' }, [{ dbname: 'kratos', host: 'h' }], 'kratos', /has no user/],
])('%j with %j cannot be dumped', (database, databases, name, problem) => {
  expect(sourcesOf(database, databases)).toEqual([
    { kind: 'unusable', name, problem: expect.stringMatching(problem) },
  ])
})

test('the second of two with one name is refused, so that their backups do not mix', () => {
  expect(sourcesOf(mysql, ['auth', { dbname: 'auth', host: 'other' }])).toMatchObject([
    { kind: 'mysql', host: 'db' },
    { kind: 'unusable', name: 'auth' },
  ])
})
