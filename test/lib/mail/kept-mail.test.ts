import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { prune } from '../../../lib/events/housekeeping.ts'
import { retryDeadEvents } from '../../../lib/events/kept-events.ts'
import { replayEvents } from '../../../lib/events/replay.ts'
import { findMail, listMail, resendMail } from '../../../lib/mail/kept-mail.ts'
import {
  addEvents,
  databaseKinds,
  openTestDatabase,
  scriptedBus,
  type TestDatabase,
} from '../events/outbox-fixture.ts'

const HOUR_MS = 3_600_000
const NOW = 1_800_000_000_000

const PAYLOAD = {
  to: 'ada@example.com',
  from: 'no-reply@example.com',
  templateId: 'recovery_code_valid',
  templateModel: {
    email: 'ada@example.com',
    name: { first: 'Ada', last: 'Lovelace' },
    recovery_url: null,
    verification_url: null,
    recovery_code: '482913',
    verification_code: null,
  },
}
const MAIL = { subject: 'mail.send', payload: JSON.stringify(PAYLOAD) }
const REFUSED = { subject: 'mail.send.refused', state: 'dead', payload: '{"to":"ada"}' } as const

describe.each(databaseKinds)('kept mail on %s', (kind) => {
  let database: TestDatabase
  beforeEach(async () => {
    database ??= await openTestDatabase(kind)
    await database.db.deleteFrom('event_outbox').execute()
  })
  afterAll(() => database?.close())

  const add = async (values: Parameters<typeof addEvents>[2]) =>
    (await addEvents(database.db, 1, { ...MAIL, ...values }))[0]!
  const relayed = (hoursAgo: number) => ({ state: 'relayed', relayed_at: NOW - hoursAgo * HOUR_MS }) as const

  test('what a delivered mail carried is erased after the configured time, and the row stays', async () => {
    const { db, config } = database
    const [old, young] = [await add(relayed(25)), await add(relayed(23))]
    const [pending, dead] = [await add({ created_at: 1 }), await add({ state: 'dead', created_at: 1 })]
    await addEvents(db, 1, relayed(25))

    expect(await prune(db, config, { now: NOW })).toMatchObject({ mailPayloads: 1, events: 0 })
    expect(await prune(db, config, { now: NOW })).toMatchObject({ mailPayloads: 0, events: 0 })
    const rows = await db.selectFrom('event_outbox').select(['id', 'payload']).orderBy('seq').execute()
    const { templateModel: _, ...addressee } = PAYLOAD
    expect(rows.slice(0, 4).map(({ id, payload }) => [id, JSON.parse(payload)])).toEqual([
      [old, addressee],
      [young, PAYLOAD],
      [pending, PAYLOAD],
      [dead, PAYLOAD],
    ])
    expect((await listMail(db, { limit: 9 })).map(({ id, state }) => [id, state])).toEqual([
      [dead, 'dead'],
      [pending, 'pending'],
      [young, 'delivered'],
      [old, 'erased'],
    ])
    const hours = { ...config.events, mailPayloadRetentionHours: 1 }
    expect(await prune(db, { ...config, events: hours }, { now: NOW })).toMatchObject({ mailPayloads: 1 })
  })

  test('erased and refused mails go with the time of keeping', async () => {
    const { db, config } = database
    await add({ ...relayed(31 * 24), subject: 'mail.send.erased' })
    await add({ ...REFUSED, created_at: NOW - 31 * 24 * HOUR_MS })
    const kept = await add({ ...REFUSED, created_at: NOW - 29 * 24 * HOUR_MS })
    expect(await prune(db, config, { now: NOW })).toMatchObject({ events: 1, refusedMails: 1 })
    expect(await listMail(db, { limit: 9 })).toMatchObject([{ id: kept, state: 'refused' }])
  })

  test('lists by state and time, the newest first', async () => {
    const { db } = database
    const first = await add({ created_at: 1000 })
    const refused = await add({ ...REFUSED, created_at: 2000, last_error: 'body.to: no' })
    const last = await add({ ...relayed(0), created_at: 3000 })
    await addEvents(db, 1)
    const ids = async (filter: object) => (await listMail(db, { limit: 9, ...filter })).map(({ id }) => id)
    expect(await ids({})).toEqual([last, refused, first])
    expect(await ids({ limit: 1 })).toEqual([last])
    expect(await ids({ since: 2000 })).toEqual([last, refused])
    expect(await ids({ states: ['dead', 'refused'] })).toEqual([refused])
    expect(await ids({ states: ['pending'], since: 1001 })).toEqual([])
    expect(await findMail(db, last)).toMatchObject({
      mail: { template: 'recovery_code_valid', to: 'ada@example.com', deliveredAt: NOW, createdAt: 3000 },
      model: PAYLOAD.templateModel,
    })
    expect(await findMail(db, refused)).toMatchObject({ mail: { error: 'body.to: no' }, model: undefined })
    expect(await findMail(db, 'mail_x')).toBeUndefined()
  })

  test('a delivered mail is sent once more under a new id; any other is refused with the reason', async () => {
    const { db } = database
    const delivered = await add(relayed(1))
    const sent = await resendMail(db, delivered, NOW)
    const id = (sent as { id: string }).id
    expect(id).not.toBe(delivered)
    expect(await findMail(db, id)).toMatchObject({ mail: { state: 'pending' }, model: PAYLOAD.templateModel })

    const erased = await add({ ...relayed(1), subject: 'mail.send.erased', payload: '{}' })
    const refusalOf = async (one: string) => ((await resendMail(db, one, NOW)) as { refusal: string }).refusal
    expect(await refusalOf(erased)).toContain('erased')
    expect(await refusalOf(id)).toContain('still waits')
    expect(await refusalOf(await add({ state: 'dead' }))).toContain('events retry')
    expect(await refusalOf(await add(REFUSED))).toContain('refused')
    expect(await refusalOf('mail_x')).toBe('no mail mail_x')
  })

  test('a refused mail is never tried again', async () => {
    const { db } = database
    const refused = await add(REFUSED)
    const dead = await add({ state: 'dead' })
    expect(await retryDeadEvents(db, refused)).toBe(0)
    expect(await retryDeadEvents(db)).toBe(1)
    expect((await listMail(db, { limit: 9 })).map(({ id, state }) => [id, state])).toEqual([
      [dead, 'pending'],
      [refused, 'refused'],
    ])
  })

  test('a replay leaves mails out unless it names them, and never sends an erased one', async () => {
    const { db, config } = database
    const mail = await add(relayed(1))
    await add({ ...relayed(1), subject: 'mail.send.erased', payload: '{}' })
    const [event] = await addEvents(db, 1, relayed(1))
    const bus = scriptedBus()
    await replayEvents({ db, bus, config, since: 0 })
    expect(bus.published.map(({ id }) => id)).toEqual([event])
    bus.published.length = 0
    await replayEvents({ db, bus, config, since: 0, subjects: ['mail.send'] })
    expect(bus.published.map(({ id }) => id)).toEqual([mail])
  })
})
