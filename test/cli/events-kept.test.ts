import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate } from '../../lib/db/migrate.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { addEvents, testConfig } from '../lib/events/outbox-fixture.ts'
import { writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

async function open() {
  const database = { file: join(tempDir('events-kept'), 'auth.sqlite') }
  const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const config = writeConfig({ database, kratos })
  const { db, close } = openDatabase(testConfig({ database }))
  await migrate(db, { tiers: [] })
  const [pending] = await addEvents(db, 1)
  const dead = { state: 'dead', attempts: 12, last_error: 'too\nlarge' } as const
  const [unsent] = await addEvents(db, 1, { ...dead, created_at: 1_700_000_001_000 })
  const stripe = {
    api_version: null,
    livemode: 0,
    received_at: 1_700_000_100_000,
    attempts: 0,
    last_error: null,
  }
  const [kept, pruned] = ['evt_kept', 'evt_pruned']
  await db
    .insertInto('stripe_events')
    .values([
      {
        ...stripe,
        ...dead,
        id: kept,
        type: 'invoice.paid',
        created_at: 1_700_000_002_000,
        payload: '{"id":"evt_kept"}',
        settled_at: 1_700_000_003_000,
      },
      {
        ...stripe,
        ...dead,
        id: pruned,
        type: 'invoice.paid',
        created_at: 1_700_000_000_500,
        payload: null,
        settled_at: 1_700_000_003_000,
      },
      {
        ...stripe,
        id: 'evt_done',
        type: 'price.created',
        created_at: 1_700_000_004_000,
        payload: '{}',
        state: 'applied',
        settled_at: 1_700_000_005_000,
      },
    ])
    .execute()
  await close()
  const run = (command: string, ...args: string[]) => runCli('events', command, '--config', config, ...args)
  const ids = async (...args: string[]) => {
    const { stdout } = await run('list', '--json', ...args)
    return JSON.parse(stdout).map(({ id }: { id: string }) => id)
  }
  return { run, ids, pending: pending!, unsent: unsent!, kept, pruned }
}

test('events list shows both kinds, the newest first, by source, state and number', async () => {
  const { run, ids, pending, unsent, kept, pruned } = await open()
  expect(await ids()).toEqual(['evt_done', kept, unsent, pruned, pending])
  expect(await ids('--source', 'stripe')).toEqual(['evt_done', kept, pruned])
  expect(await ids('--source', 'outbox', '--state', 'pending')).toEqual([pending])
  expect(await ids('--state', 'applied')).toEqual(['evt_done'])
  expect(await ids('--limit', '2')).toEqual(['evt_done', kept])
  expect((await run('list', '--limit', '1')).stdout).toBe(
    '2023-11-14T22:13:24.000Z  stripe  applied  evt_done  price.created\n',
  )
})

test('events dead tells the reasons, and retry gives one or all another chance', async () => {
  const { run, ids, unsent, kept, pruned } = await open()
  const { stdout } = await run('dead')
  expect(stdout.split('\n')).toHaveLength(4)
  expect(stdout).toContain(`outbox  dead     ${unsent}  user.created  too large\n`)

  expect(await run('retry', kept)).toEqual({
    code: 0,
    stdout: '1 dead letters will be tried again\n',
    stderr: '',
  })
  expect(await ids('--state', 'pending', '--source', 'stripe')).toEqual([kept])
  const shown = JSON.parse((await run('show', kept, '--json')).stdout)
  expect(shown).toMatchObject({ state: 'pending', attempts: 0, error: null, settledAt: null })

  expect(JSON.parse((await run('retry', '--all', '--json')).stdout)).toEqual({ retried: 1 })
  expect(await ids('--state', 'dead')).toEqual([pruned])
  expect(await run('retry', pruned)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'authlance: no dead letter evt_pruned that can be tried again\n',
  })
})

test('events show tells of one event, with its payload when asked', async () => {
  const { run, unsent, kept, pruned } = await open()
  const { stdout } = await run('show', unsent)
  expect(stdout).toContain(`source: outbox\n`)
  expect(stdout).toContain('attempts: 12\n')
  expect(stdout).not.toContain('identity 0')
  expect((await run('show', kept, '--payload')).stdout).toContain('{\n  "id": "evt_kept"\n}\n')
  expect((await run('show', pruned, '--payload')).stdout).toContain('payload: pruned\n')
  expect(await run('show', 'evt_nobody')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'authlance: no event evt_nobody\n',
  })
})

test.each([
  [['list', '--state', 'gone'], '--state must be one of pending, relayed, applied, ignored, dead'],
  [['list', '--limit', 'all'], '--limit needs a whole number from 1 to 10000'],
  [['show'], 'ID is missing'],
  [['retry'], 'either ID or --all is needed'],
  [['retry', 'evt_1', '--all'], 'either ID or --all is needed'],
  [['dead', 'evt_1'], 'unexpected argument evt_1'],
])('events %j shows the usage', async (args, mistake) => {
  const { code, stdout, stderr } = await runCli('events', ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr.startsWith(`authlance: ${mistake}\n\n`)).toBe(true)
})
