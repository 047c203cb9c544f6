import { createHmac } from 'node:crypto'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import webhook from '../../../functions/authlance/payments/api/v1/stripe/webhook.ts'
import { isAvailable } from '../../parts/available.ts'
import { call } from '../../parts/call.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

const PATH = '/authlance/payments/api/v1/stripe/webhook'
const NOW = 1_800_000_000_000
const [OLD_SECRET, SECRET] = ['whsec_the_one_before', 'whsec_the_one_of_now']

function eventText(over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'customer.updated',
    created: NOW / 1000,
    api_version: '2026-10-28.endive',
    livemode: false,
    data: { object: { id: 'cus_1', object: 'customer' } },
    ...over,
  })
}

function mac(text: string | Uint8Array, secret = SECRET, at = NOW / 1000): string {
  return createHmac('sha256', secret).update(`${at}.`).update(text).digest('hex')
}

function signed(text: string | Uint8Array, secret = SECRET, at = NOW / 1000): string {
  return `t=${at},v1=${mac(text, secret, at)}`
}

describe.each(isAvailable('mariadb') ? ['sqlite', 'mariadb'] : ['sqlite'])('webhook on %s', (kind) => {
  async function open(stripe: Record<string, unknown> = {}): Promise<TestEnv> {
    const made = await createTestEnv({
      now: NOW,
      config: {
        stripe: { webhookSecret: [OLD_SECRET, SECRET], ...stripe },
        ...(kind === 'mariadb' && { database: await createDatabase(inject('mariadb')!) }),
      },
    })
    onTestFinished(() => made.close())
    return made
  }

  const send = (env: TestEnv, body: string | Uint8Array<ArrayBuffer>, signature: string) =>
    call(env, webhook, PATH, { method: 'POST', body, headers: { 'stripe-signature': signature } })

  async function kept({ env }: TestEnv) {
    const events = await env.db.selectFrom('stripe_events').selectAll().execute()
    const outbox = await env.db.selectFrom('event_outbox').select(['subject', 'payload']).execute()
    return { events, outbox }
  }

  test('keeps the event as it came, with its outbox row, and says ok', async () => {
    const shop = await open()
    const text = eventText()

    const answer = await send(shop, text, signed(text))

    expect(answer).toMatchObject({ status: 200, body: 'ok' })
    const { events, outbox } = await kept(shop)
    expect(events).toMatchObject([
      {
        id: 'evt_1',
        type: 'customer.updated',
        created_at: NOW,
        livemode: 0,
        payload: text,
        state: 'pending',
      },
    ])
    expect(outbox.map(({ subject }) => subject)).toEqual(['stripe.webhook.event'])
    expect(JSON.parse(outbox[0]!.payload)).toMatchObject({ eventId: 'evt_1', event: JSON.parse(text) })
  })

  test('keeps an event once, though twenty calls bring it at the same time', async () => {
    const shop = await open()
    const text = eventText()

    const answers = await Promise.all(Array.from({ length: 20 }, () => send(shop, text, signed(text))))

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { events, outbox } = await kept(shop)
    expect([events.length, outbox.length]).toEqual([1, 1])
  })

  test('takes each configured secret, and any of several v1', async () => {
    const shop = await open()
    const [first, second] = [eventText(), eventText({ id: 'evt_2' })]

    const old = await send(shop, first, signed(first, OLD_SECRET))
    const several = await send(shop, second, `t=${NOW / 1000},v1=${'0'.repeat(64)},v1=${mac(second)},v0=x`)

    expect([old.status, several.status]).toEqual([200, 200])
  })

  const text = eventText()
  test.each([
    ['no signature', text, ''],
    ['another secret', text, signed(text, 'whsec_of_somebody')],
    ['an altered body', text.replace('cus_1', 'cus_2'), signed(text)],
    ['an old signature', text, signed(text, SECRET, NOW / 1000 - 301)],
    ['a signature of the future', text, signed(text, SECRET, NOW / 1000 + 301)],
    ['a signature without time', text, `v1=${mac(text)}`],
  ])('refuses %s and keeps nothing', async (_name, body, signature) => {
    const shop = await open()

    const answer = await send(shop, body, signature)

    expect(answer).toMatchObject({ status: 400, body: { code: 'webhook_signature_invalid' } })
    expect(await kept(shop)).toEqual({ events: [], outbox: [] })
    const lines = JSON.stringify(shop.log.lines)
    expect(lines).not.toContain('cus_')
    expect(lines).not.toContain('whsec_')
  })

  test.each([
    ['no JSON', 'not json'],
    ['a list', '[]'],
    ['an id that is too long', eventText({ id: 'e'.repeat(256) })],
    ['an object that is missing', eventText({ data: {} })],
    ['a time that is text', eventText({ created: 'now' })],
    ['200,000 nested lists', '['.repeat(200_000)],
  ])('refuses a signed body with %s', async (_name, body) => {
    const shop = await open()

    const answer = await send(shop, body, signed(body))

    expect(answer).toMatchObject({ status: 400, body: { code: 'webhook_event_invalid' } })
    expect(await kept(shop)).toEqual({ events: [], outbox: [] })
  })

  test('refuses invalid UTF-8, though its bytes are signed, and what is larger than the limit', async () => {
    const shop = await open()
    const bytes = new TextEncoder().encode(eventText())
    bytes[bytes.indexOf(0x5f)] = 0xff

    const broken = await send(shop, bytes, signed(bytes))
    const large = await send(shop, 'x'.repeat(1_048_577), signed('x'))

    expect(broken).toMatchObject({ status: 400, body: { code: 'webhook_signature_invalid' } })
    expect(large).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
    expect(await kept(shop)).toEqual({ events: [], outbox: [] })
  })

  test.each([
    ['sk_test_1', true],
    ['rk_live_1', false],
  ])('with the key %s, refuses livemode %s', async (secretKey, livemode) => {
    const shop = await open({ secretKey })
    const [wrong, right] = [eventText({ livemode }), eventText({ livemode: !livemode })]

    const refused = await send(shop, wrong, signed(wrong))
    expect(refused).toMatchObject({ status: 400, body: { code: 'webhook_mode_mismatch' } })
    expect(await kept(shop)).toEqual({ events: [], outbox: [] })
    expect((await send(shop, right, signed(right))).status).toBe(200)
  })

  test('without a secret, says that payments are not configured', async () => {
    const shop = await open({ webhookSecret: [] })
    expect(await send(shop, text, signed(text))).toMatchObject({
      status: 400,
      body: { code: 'payments_not_configured' },
    })
  })

  test('never says ok before the commit: without the outbox row there is no event either', async () => {
    const shop = await open()
    await shop.env.db.schema.alterTable('event_outbox').renameTo('outbox_elsewhere').execute()

    const answer = await send(shop, text, signed(text))

    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(await shop.env.db.selectFrom('stripe_events').select('id').execute()).toEqual([])
  })

  test('answers 503 while the database is away', async () => {
    const shop = await open()
    const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', fatal: true })
    const store = () => Promise.reject(lost)
    shop.env.ledger = { ...shop.env.ledger, store }

    const answer = await send(shop, text, signed(text))

    expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
    expect(answer.headers.get('retry-after')).toBe('2')
  })
})
