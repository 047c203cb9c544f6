import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import route from '../../functions/authlance/identity/email.ts'
import type { EventMessage, PublishResult } from '../../lib/events/bus.ts'
import { createMailIntake } from '../../lib/mail/mail-intake.ts'
import { call } from '../parts/call.ts'
import { recordLog } from '../parts/record-log.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const PATH = '/authlance/identity/email'
const AUTHORIZATION = `Basic ${btoa('mail:mail-password')}`
const CONFIG = { mailAuth: { user: 'mail', password: 'mail-password' } }
/** The middle of a period of ten minutes. */
const NOW = 1_700_000_100_000

let gate: TestEnv
beforeEach(async () => {
  gate = await createTestEnv({ config: CONFIG, now: NOW })
})
afterEach(() => gate.close())

const MAIL = {
  from: 'Authlance <no-reply@example.com>',
  to: 'ada@example.com',
  templateId: 'verification_code_valid',
  templateModel: {
    email: 'ada@example.com',
    name: { first: 'Ada', last: 'Lovelace' },
    recovery_url: null,
    verification_url: 'https://app.example.com/verify?flow=f&code=482913',
    recovery_code: null,
    verification_code: '482913',
  },
}
const INVALID = { ...MAIL, templateId: 'recovery_invalid', templateModel: { email: MAIL.to, name: null } }

const post = (json: unknown, headers: Record<string, string> = { authorization: AUTHORIZATION }) =>
  call(gate, route, PATH, { json, headers })

const rows = () => gate.env.db.selectFrom('event_outbox').selectAll().orderBy('seq').execute()
const payloads = async () => (await rows()).map(({ payload }) => JSON.parse(payload))
const auditLines = () => gate.log.lines.filter(({ message }) => message === 'mail')

describe('POST /authlance/identity/email', () => {
  it('is an internal route', () => {
    expect(route.listener).toBe('internal')
  })

  it('admits the Basic credentials of mailAuth alone', async () => {
    for (const authorization of [
      '',
      'Basic bm9ib2R5',
      `Basic ${btoa('mail:wrong')}`,
      'Bearer mail-password',
    ]) {
      const answer = await post(MAIL, { authorization })
      expect(answer).toMatchObject({ status: 401, body: { code: 'credentials_invalid' } })
    }
    expect(await rows()).toEqual([])
  })

  it('writes mail.send to the outbox and wakes the relay', async () => {
    const extra = { ...MAIL, templateModel: { ...MAIL.templateModel, login_code: '771199', locale: 'de' } }
    const answer = await post(extra)
    expect(answer).toMatchObject({ status: 200, body: { id: expect.stringMatching(/^mail_[\w-]{43}$/) } })
    expect(await rows()).toMatchObject([{ id: answer.body.id, subject: 'mail.send', state: 'pending' }])
    expect(await payloads()).toEqual([extra])
    expect(gate.wakes()).toBe(1)
  })

  it('publishes a repeat once, and answers it as the first', async () => {
    const answers = [await post(MAIL), await post(MAIL), ...(await Promise.all([post(MAIL), post(MAIL)]))]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    gate.clock.advance(86_400_000)
    await post(MAIL)
    expect(await rows()).toHaveLength(1)
    expect(auditLines().map(({ fields }) => fields.outcome)).toEqual([
      'accepted',
      ...Array(4).fill('repeated'),
    ])
  })

  it('takes a new code for a new mail', async () => {
    await post(MAIL)
    await post({ ...MAIL, templateModel: { ...MAIL.templateModel, verification_code: '482914' } })
    expect(await rows()).toHaveLength(2)
  })

  it('takes mails without a code that are alike within ten minutes for one', async () => {
    await post(INVALID)
    gate.clock.advance(599_000)
    await post(INVALID)
    expect(await rows()).toHaveLength(1)
    gate.clock.advance(2000)
    await post(INVALID)
    expect(await rows()).toHaveLength(2)
    gate.clock.advance(601_000)
    await post(INVALID)
    expect(await rows()).toHaveLength(3)
  })

  it('fills an empty name from the user, else from the address', async () => {
    const { db } = gate.env
    const user = {
      state: 'active',
      verified: 1,
      created_at: 1,
      updated_at: 1,
      bootstrapped_at: null,
    } as const
    const none = { avatar: null, birth_date: null, gender: null }
    await db
      .insertInto('users')
      .values({ ...user, ...none, identity: 'i', email: 'ada@example.com', first_name: 'Ada', last_name: '' })
      .execute()
    const names: unknown[] = [null, {}, { first: ' ', last: null }, { first: 'Countess', last: 'L' }]
    for (const [index, name] of names.entries())
      await post({ ...MAIL, templateModel: { name, email: null, recovery_code: String(index) } })
    await post({ ...MAIL, to: 'Nobody <no.body@example.com>', templateModel: null })
    const models = (await payloads()).map(({ templateModel }) => [templateModel.email, templateModel.name])
    expect(models).toEqual([
      ['ada@example.com', { first: 'Ada', last: 'ada' }],
      ['ada@example.com', { first: 'Ada', last: 'ada' }],
      ['ada@example.com', { first: 'Ada', last: 'ada' }],
      ['ada@example.com', { first: 'Countess', last: 'L' }],
      ['no.body@example.com', { first: 'no.body', last: 'no.body' }],
    ])
  })

  it('names the fields in a 400, and keeps a dead letter without the code', async () => {
    const { templateId: _, ...unnamed } = MAIL
    const wrong = {
      ...unnamed,
      templateModel: { ...MAIL.templateModel, name: 'Ada', verification_code: 482913 },
    }
    const answer = await post(wrong)
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(answer.body.issues.map(({ path }: { path: string }) => path)).toEqual([
      'body.templateId',
      'body.templateModel.name',
      'body.templateModel.verification_code',
    ])
    expect(JSON.stringify(answer.body)).not.toContain('482913')
    expect(await rows()).toMatchObject([
      { state: 'dead', last_error: expect.stringContaining('body.templateId') },
    ])
    expect(await payloads()).toEqual([{ from: MAIL.from, to: MAIL.to }])
  })

  it.each([
    ['to', 'ada@example.com\r\nBcc: eve@example.com'],
    ['to', 'ada@example.com, eve@example.com'],
    ['to', 'ada'],
    ['from', 'Authlance\n<no-reply@example.com>'],
    ['from', ''],
  ])('refuses a %s of %j, once for all repeats', async (field, value) => {
    for (let tries = 0; tries < 3; tries++) {
      const answer = await post({ ...MAIL, [field]: value })
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
      expect(answer.body.issues).toMatchObject([{ path: `body.${field}` }])
    }
    expect(await rows()).toMatchObject([{ subject: 'mail.send.refused', state: 'dead' }])
    expect(gate.wakes()).toBe(0)
  })

  it('refuses what is no JSON or too large', async () => {
    const headers = { authorization: AUTHORIZATION, 'content-type': 'application/json' }
    const broken = await call(gate, route, PATH, { method: 'POST', body: '{"to":', headers })
    expect(broken).toMatchObject({ status: 400, body: { code: 'invalid_json' } })
    const large = await post({ ...MAIL, templateModel: { body: 'x'.repeat(262_144) } })
    expect(large).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
  })

  it('logs each mail with template, hashed recipient and outcome, never a code, a link or a name', async () => {
    await post(MAIL)
    await post({ ...MAIL, to: `${MAIL.to}\n` })
    await post({ ...MAIL, templateModel: { ...MAIL.templateModel, name: 17 } })
    expect(auditLines().map(({ fields }) => [fields.template, fields.outcome])).toEqual([
      ['verification_code_valid', 'accepted'],
      ['verification_code_valid', 'refused'],
      ['verification_code_valid', 'refused'],
    ])
    expect(auditLines()[0]!.fields.recipient).toMatch(/^[\w-]{22}$/)
    expect(JSON.stringify(gate.log.lines)).not.toMatch(/482913|app\.example\.com|ada@|Lovelace/)
  })

  it('logs the recipient as it is under debug', async () => {
    const debugging = await createTestEnv({ config: { ...CONFIG, debug: true } })
    await call(debugging, route, PATH, { json: MAIL, headers: { authorization: AUTHORIZATION } })
    const line = debugging.log.lines.find(({ message }) => message === 'mail')
    expect(line?.fields.recipient).toBe('ada@example.com')
    await debugging.close()
  })

  describe('while the database is away', () => {
    const sent: EventMessage[] = []
    let result: PublishResult
    beforeEach(async () => {
      sent.length = 0
      result = { kind: 'acknowledged' }
      const { db, config } = gate.env
      const publish = async (message: EventMessage) => {
        sent.push(message)
        return result
      }
      gate.env.mail = createMailIntake({ db, config, log: recordLog(gate.log.lines), publish })
    })

    it('publishes with the id that the outbox would have used', async () => {
      const { body } = await post(MAIL)
      await gate.env.db.destroy()
      expect(await post(MAIL)).toMatchObject({ status: 200, body: { id: body.id } })
      expect(sent).toMatchObject([{ id: body.id, subject: 'mail.send' }])
      const { id, time, schemaVersion, seq, ...payload } = JSON.parse(sent[0]!.data)
      expect({ id, time, schemaVersion, seq }).toEqual({
        id: body.id,
        time: new Date(NOW).toISOString(),
        schemaVersion: 1,
        seq: 0,
      })
      expect(payload).toEqual(MAIL)
      expect(auditLines().at(-1)!.fields).toMatchObject({ outcome: 'straight' })
    })

    it('takes what the stream knew already for a repeat', async () => {
      await gate.env.db.destroy()
      result = { kind: 'acknowledged', duplicate: true }
      expect(await post(MAIL)).toMatchObject({ status: 200 })
      expect(auditLines().at(-1)!.fields).toMatchObject({ outcome: 'repeated' })
    })

    it('answers 503 when NATS does not take it either', async () => {
      await gate.env.db.destroy()
      for (const failed of ['unavailable', 'refused'] as const) {
        result = { kind: failed, reason: 'no stream' }
        const answer = await post(MAIL)
        expect(answer).toMatchObject({ status: 503, body: { code: 'mail_unavailable' } })
        expect(answer.headers.get('retry-after')).toBe('2')
      }
      expect(JSON.stringify(gate.log.lines)).not.toMatch(/482913|app\.example\.com|Lovelace/)
    })

    it('waits two seconds for a database that says nothing', async () => {
      const held = Promise.withResolvers<void>()
      const { db, config } = gate.env
      const hung = new Proxy(db, {
        get: (target, name) =>
          name === 'insertInto'
            ? () => ({ values: () => ({ execute: () => held.promise }) })
            : Reflect.get(target, name, target),
      })
      const publish = async (): Promise<PublishResult> => ({ kind: 'acknowledged' })
      gate.env.mail = createMailIntake({ db: hung, config, log: gate.log, publish })
      const startedAt = performance.now()
      expect(await post(MAIL)).toMatchObject({ status: 200 })
      expect(performance.now() - startedAt).toBeLessThan(3000)
      held.resolve()
    })
  })
})
