import { describe, expect, it } from 'vitest'
import register from '../../functions/authlance/identity/email/register.ts'
import me from '../../functions/authlance/identity/me.ts'
import { call } from '../parts/call.ts'
import { BODY, COOKIE, PATH as EXCHANGE, open, SESSION } from '../parts/exchange-session.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const PATH = '/authlance/identity/email/register'
const AUTH = { authorization: `Basic ${btoa('mail:mail-password')}` }
const CONFIG = {
  mailAuth: { user: 'mail', password: 'mail-password' },
  authlance: { autoCreateGroup: true },
  paymentTier: { tierName: 'Standard', price: 9, billingCycle: 'month', lookupKey: 'standard' },
}
const ADA = {
  id: SESSION.identity.id,
  email: 'Ada@Example.com',
  name: { first: 'Ada', last: 'Lovelace' },
}
const TENANT = ['user.created', 'group.created', 'subscription.created']

const openHook = (session = SESSION) => open({ config: CONFIG, kratos: knows(session) })
const hook = (test: TestEnv, json: unknown) => call(test, register, PATH, { json, headers: AUTH })

async function rows({ env: { db } }: TestEnv) {
  return {
    users: await db
      .selectFrom('users')
      .select(['identity', 'email', 'first_name', 'last_name', 'verified', 'state'])
      .execute(),
    groups: (await db.selectFrom('groups').select('name').execute()).map(({ name }) => name),
    events: (await db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()).map(
      ({ subject }) => subject,
    ),
  }
}

describe('the registration hook', () => {
  it('does what the first exchange does, so that the exchange adds the session alone', async () => {
    const test = await openHook()
    expect(await hook(test, ADA)).toMatchObject({ status: 200, body: { state: 'provisioned' } })
    const user = { identity: ADA.id, email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' }
    const provisioned = await rows(test)
    expect(provisioned).toEqual({
      users: [{ ...user, verified: 0, state: 'active' }],
      groups: ['ada-lovelace'],
      events: TENANT,
    })
    expect(test.wakes()).toBe(1)

    const exchanged = await call(test, me, EXCHANGE, { json: BODY, headers: COOKIE })
    expect(exchanged.status).toBe(200)
    expect(await rows(test)).toEqual({ ...provisioned, events: [...TENANT, 'user.authenticated'] })
  })

  it('does nothing again', async () => {
    const test = await openHook()
    await hook(test, ADA)
    const once = await rows(test)
    expect(await hook(test, ADA)).toMatchObject({ status: 200, body: { state: 'provisioned' } })
    expect(await rows(test)).toEqual(once)
    expect(test.wakes()).toBe(1)
  })

  it.each([
    ['null', null],
    ['left out', undefined],
    ['empty', {}],
    ['null by parts', { first: null, last: null }],
  ])('takes a name that is %s', async (_, name) => {
    const test = await openHook()
    expect((await hook(test, { ...ADA, name })).status).toBe(200)
    expect(await rows(test)).toMatchObject({ users: [{ first_name: '', last_name: '' }], groups: ['ada'] })
  })

  it('changes nothing of a user who is there: neither traits, nor verification, nor a ban', async () => {
    const test = await openHook(fakeSession({ verified: true }))
    await call(test, me, EXCHANGE, { json: BODY, headers: COOKIE })
    const before = await rows(test)
    expect(before.users).toMatchObject([{ verified: 1 }])
    const forged = { ...ADA, email: 'mallory@example.com', name: { first: 'Mallory', last: 'M' } }
    expect((await hook(test, forged)).status).toBe(200)
    expect(await rows(test)).toEqual(before)

    await test.env.db.updateTable('users').set({ state: 'inactive', bootstrapped_at: null }).execute()
    const banned = await rows(test)
    await hook(test, ADA)
    expect(await rows(test)).toEqual(banned)
  })

  it('takes no address as verified, until Kratos says so at the exchange', async () => {
    const test = await openHook(fakeSession({ verified: true }))
    await hook(test, { ...ADA, verified: true, verifiable_addresses: [{ verified: true }] })
    expect((await rows(test)).users).toMatchObject([{ verified: 0 }])
    await call(test, me, EXCHANGE, { json: BODY, headers: COOKIE })
    expect((await rows(test)).users).toMatchObject([{ verified: 1 }])
  })

  it('under 100 parallel hooks and exchanges the tenant is made once', async () => {
    const test = await openHook()
    const calls = Array.from({ length: 100 }, (_, index) =>
      index % 2 ? hook(test, ADA) : call(test, me, EXCHANGE, { json: BODY, headers: COOKIE }),
    )
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.every((status, index) => status === 200 || (index % 2 === 1 && status === 202))).toBe(
      true,
    )
    await test.ctx.settle()
    const { events, ...made } = await rows(test)
    expect(made).toMatchObject({ users: [{ identity: ADA.id }], groups: ['ada-lovelace'] })
    expect([...events].sort()).toEqual([...TENANT, 'user.authenticated'].sort())
  })
})

describe('trouble never fails a registration', () => {
  it.each([
    ['no JSON', 'id=1'],
    ['nothing', ''],
    ['no identity', { ...ADA, id: undefined }],
    ['an id that is no UUID', { ...ADA, id: '../admin' }],
    ['an address that is none', { ...ADA, email: 'ada at example.com' }],
    ['a line break in the address', { ...ADA, email: 'ada@example.com\nbcc: eve@example.com' }],
    ['a name of another kind', { ...ADA, name: 'Ada Lovelace' }],
    ['a body over the limit', { ...ADA, filler: 'x'.repeat(2_000_000) }],
  ])('%s is 202 and an error in the log that shows no value', async (_, body) => {
    const test = await openHook()
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await call(test, register, PATH, { method: 'POST', body: text, headers: AUTH })
    expect([answer.status, answer.body]).toEqual([202, { state: 'accepted' }])
    expect(await rows(test)).toEqual({ users: [], groups: [], events: [] })
    const errors = test.log.lines.filter(({ level }) => level === 'error')
    expect(errors).toMatchObject([{ message: 'registration hook not understood' }])
    expect(JSON.stringify(errors)).not.toContain('example.com')
  })

  it('a database that is away is 202, and a warning', async () => {
    const test = await createTestEnv({ config: CONFIG })
    await test.close()
    expect(await hook(test, ADA)).toMatchObject({ status: 202, body: { state: 'accepted' } })
    expect(test.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ identity: ADA.id }) }),
    )
  })

  it('a database that is slow is 202 without waiting for it, and the work goes on', async () => {
    const test = await openHook()
    const { db } = test.env
    let release = () => {}
    const holding = db.transaction().execute(() => new Promise<void>((resolve) => (release = resolve)))
    const startedAt = performance.now()
    const answer = await hook(test, ADA)
    expect(performance.now() - startedAt).toBeLessThan(ALLOWED_MS)
    expect(answer).toMatchObject({ status: 202, body: { state: 'accepted' } })

    release()
    await holding
    await test.ctx.settle()
    expect(await rows(test)).toMatchObject({ users: [{ identity: ADA.id }], events: TENANT })
    expect(test.wakes()).toBe(1)
  })
})

/** The 50 that are allowed, and what a timer may be late on a machine that others use. */
const ALLOWED_MS = 150

describe('the credentials of the registration hook', () => {
  it.each([
    ['none', {}],
    ['a wrong password', { authorization: `Basic ${btoa('mail:wrong')}` }],
    ['a bearer token', { authorization: 'Bearer mail-password' }],
  ])('%s is 401 and does nothing', async (_, headers) => {
    const test = await openHook()
    const answer = await call(test, register, PATH, { json: ADA, headers })
    expect([answer.status, answer.body.code]).toEqual([401, 'credentials_invalid'])
    expect((await rows(test)).users).toEqual([])
  })
})
