import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { migrate } from '../../lib/db/migrate.ts'
import { SUBJECTS } from '../../lib/events/subjects.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { addEvents, testConfig } from '../lib/events/outbox-fixture.ts'
import { requirePart } from '../parts/available.ts'
import { readEvents } from '../parts/jetstream-events.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

const NOWHERE = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }

function writeConfig(keys: object): string {
  const path = join(tempDir('events-cli'), 'config.json')
  const jwtKey = 'a-key-of-tests-that-is-32-bytes-long'
  writeFileSync(path, JSON.stringify({ jwtKey, kratos: NOWHERE, log: { level: 'warn' }, ...keys }))
  return path
}

describe.skipIf(requirePart('nats'))('events replay', () => {
  const prefix = `c${crypto.randomUUID().slice(0, 8)}`
  let config: string
  let users: string[]
  let groups: string[]
  beforeAll(async () => {
    const file = join(tempDir('events-cli'), 'auth.sqlite')
    config = writeConfig({ database: { file }, nats: { url: inject('nats')!.url, prefix } })
    const { db, close } = openDatabase(testConfig({ database: { file } }))
    await migrate(db, { tiers: [] })
    const relayed = { state: 'relayed', relayed_at: Date.now() - 60_000 } as const
    users = await addEvents(db, 3, relayed)
    groups = await addEvents(db, 2, { ...relayed, subject: 'group.created' })
    await addEvents(db, 4, { state: 'relayed', relayed_at: Date.now() - 3 * 3_600_000 })
    await close()
  })
  const ids = async () => (await readEvents(inject('nats')!.url, prefix)).map(({ messageId }) => messageId)

  test('publishes one subject again, then the rest, and counts what the streams still knew', async () => {
    expect(
      await runCli('events', 'replay', '--config', config, '--since', '1h', '--subject', 'group.created'),
    ).toEqual({
      code: 0,
      stdout: '2 events published again, of which the streams still knew 0\n',
      stderr: '',
    })
    expect((await ids()).toSorted()).toEqual(groups.toSorted())

    const { code, stdout } = await runCli('events', 'replay', '--config', config, '--since', '2h', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ published: 5, duplicates: 2, refused: 0 })
    expect((await ids()).toSorted()).toEqual([...users, ...groups].toSorted())
  })
})

test.each([
  [['--since', 'yesterday'], '--since needs 90s, 30m, 24h, 7d or an ISO 8601 time with its zone'],
  [
    ['--since', '1h', '--subject', 'user.created,user.gone'],
    `no subject user.gone; there are: ${Object.keys(SUBJECTS).join(', ')}`,
  ],
])('events replay shows its usage for %j, before it reads a configuration', async (args, mistake) => {
  const { code, stdout, stderr } = await runCli('events', 'replay', '--config', '/nowhere.yaml', ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr.startsWith(`authlance: ${mistake}\n\n`)).toBe(true)
  expect(stderr).toContain('USAGE authlance events replay')
})

test('events replay says that there is no stream to refill without NATS', async () => {
  const config = writeConfig({ database: { file: ':memory:' } })
  expect(await runCli('events', 'replay', '--config', config, '--since', '1h')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'authlance: nats.url is not configured: there is no stream to refill\n',
  })
})

test('events replay fails in one line when no server answers', async () => {
  const nats = { url: 'nats://127.0.0.1:9', user: 'ada', password: 'hunter2hunter2' }
  const config = writeConfig({ database: { file: ':memory:' }, nats })
  const { code, stdout, stderr } = await runCli('events', 'replay', '--config', config, '--since', '1h')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^authlance: [^\n]+\n$/)
  expect(stderr).not.toContain('hunter2')
})

test('events replay shows its usage when --since is missing', async () => {
  const { code, stderr } = await runCli('events', 'replay')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^authlance: --since is missing\n/)
})
