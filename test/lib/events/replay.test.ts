import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ReplayOptions, replayableSubjects, replayEvents } from '../../../lib/events/replay.ts'
import {
  addEvents,
  databaseKinds,
  openTestDatabase,
  type ScriptedBus,
  scriptedBus,
  statesOf,
  type TestDatabase,
} from './outbox-fixture.ts'

const NOW = 1_800_000_000_000

describe.each(databaseKinds)('replay on %s', (kind) => {
  let database: TestDatabase
  let bus: ScriptedBus
  beforeEach(async () => {
    database = await openTestDatabase(kind, { nats: { prefix: 'eu' } })
    bus = scriptedBus()
  })
  afterEach(() => database.close())

  const replay = (options: Partial<ReplayOptions> = {}) =>
    replayEvents({ db: database.db, bus, config: database.config, since: NOW, ...options })
  const publishedIds = () => bus.published.map(({ id }) => id)
  const relayed = (relayed_at: number, subject = 'user.created') =>
    ({ state: 'relayed', relayed_at, subject, created_at: NOW - 5000 }) as const

  test('publishes what was relayed since then, in its order, with its id', async () => {
    await addEvents(database.db, 5, relayed(NOW - 1))
    const ids = await addEvents(database.db, 1100, relayed(NOW))
    await addEvents(database.db, 3)
    await addEvents(database.db, 2, { state: 'dead' })
    const pages: number[] = []

    const report = await replay({ progress: ({ published }) => pages.push(published) })

    expect(report).toEqual({ published: 1100, duplicates: 0, refused: 0 })
    expect(publishedIds()).toEqual(ids)
    expect(bus.published[0]!.subject).toBe('eu.user.created')
    expect(pages).toEqual([500, 1000, 1100])
    expect(new Set(await statesOf(database.db))).toEqual(new Set(['relayed', 'pending', 'dead']))
  })

  test('takes only the subjects that are asked for', async () => {
    const [user] = await addEvents(database.db, 1, relayed(NOW))
    const [group] = await addEvents(database.db, 1, relayed(NOW, 'group.created'))

    await replay({ subjects: ['group.created'] })
    expect(publishedIds()).toEqual([group])
    await replay()
    expect(publishedIds()).toEqual([group, user, group])
  })

  test('sends no mail a second time unless it is told to', async () => {
    expect(replayableSubjects()).not.toContain('mail.send')
    await addEvents(database.db, 1, relayed(NOW, 'mail.send'))
    expect(await replay()).toMatchObject({ published: 0 })
  })

  test('counts what the stream still knew and what it refused', async () => {
    const [known, bad] = await addEvents(database.db, 3, relayed(NOW))
    bus.answer = ({ id }) =>
      id === bad ? { kind: 'refused', reason: 'sealed' } : { kind: 'acknowledged', duplicate: id === known }
    expect(await replay()).toEqual({ published: 2, duplicates: 1, refused: 1 })
  })

  test('waits out a bus that is away for a moment, and repeats only what it did not take', async () => {
    const ids = await addEvents(database.db, 20, relayed(NOW))
    let taken = 0
    let away = true
    bus.answer = () => {
      if (away && taken++ >= 5) {
        setTimeout(() => {
          away = false
        }, 100)
        return { kind: 'unavailable', reason: 'gone' }
      }
      return { kind: 'acknowledged' }
    }
    expect(await replay()).toEqual({ published: 20, duplicates: 0, refused: 0 })
    expect(publishedIds().toSorted()).toEqual(ids.toSorted())
  })

  test('fails when nobody answers', async () => {
    bus.unreachable = true
    await expect(replay()).rejects.toThrow('nobody answers')
  })
})
