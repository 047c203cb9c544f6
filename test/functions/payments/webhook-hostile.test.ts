import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { signPayload } from '../../../runtime/dev/stripe/signature.ts'
import { openDatabase } from '../../../runtime/node/database.ts'
import { isAvailable } from '../../parts/available.ts'
import { JWT_KEY } from '../../parts/gateway.ts'
import { type LocalServer, startLocalServer } from '../../parts/local-server.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { type CheckedStripe, serveCheckedStripe } from '../../parts/stripe.ts'
import { WEBHOOK_PATH } from '../../parts/stripe-courier.ts'
import { tempDir } from '../../parts/temp-dir.ts'

const SECRET = 'whsec_of_the_hostile'
const MARK = 'do-not-tell-4711'
const SECOND = 1_800_000_000
type Json = Record<string, unknown>

const invoice = (over: Json = {}): Json => ({
  id: 'in_hostile',
  object: 'invoice',
  customer: 'cus_gone',
  status: 'paid',
  currency: 'usd',
  amount_due: 500,
  amount_paid: 500,
  attempt_count: 1,
  created: SECOND,
  livemode: false,
  ...over,
})
const subscription = (over: Json = {}): Json => ({
  id: 'sub_hostile',
  object: 'subscription',
  customer: 'cus_gone',
  status: 'active',
  items: { object: 'list', data: [{ price: { id: 'price_x', lookup_key: null }, quantity: 1 }] },
  start_date: SECOND,
  created: SECOND,
  livemode: false,
  ...over,
})
const customer = (over: Json = {}): Json => ({
  id: 'cus_hostile',
  object: 'customer',
  livemode: false,
  ...over,
})
const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown

const PASS: [name: string, type: string, object: Json][] = [
  ['a negative amount', 'invoice.paid', invoice({ id: 'in_negative', amount_due: -500, amount_paid: -500 })],
  ['an unknown currency', 'invoice.paid', invoice({ id: 'in_zzz', currency: 'zzz' })],
  ['the largest whole amount', 'invoice.paid', invoice({ id: 'in_large', amount_paid: 2 ** 53 - 1 })],
  [
    'a subscription that Stripe does not know',
    'invoice.paid',
    invoice({ id: 'in_orphan', subscription: 'sub_none' }),
  ],
  [
    'a status of tomorrow',
    'customer.subscription.updated',
    subscription({ id: 'sub_new', status: 'hibernating' }),
  ],
  [
    '200 levels in metadata',
    'customer.updated',
    customer({ id: 'cus_deep', metadata: { group: 'no-such', deep: nested(200) } }),
  ],
  [
    'NUL, a lone surrogate and four bytes in a name',
    'customer.updated',
    customer({ id: 'cus_odd', name: 'a\u0000\ud800😀' }),
  ],
  [
    'SQL in the name of a group',
    'customer.updated',
    customer({ id: 'cus_sql', metadata: { group: "x' OR 1=1 --" } }),
  ],
  [
    'a group of 16 digits',
    'customer.updated',
    customer({ id: 'cus_digits', metadata: { group: '9007199254740993' } }),
  ],
  [
    'a name of 100,000 characters',
    'customer.updated',
    customer({ id: 'cus_long', name: 'x'.repeat(100_000) }),
  ],
]

const DEAD: [name: string, type: string, object: Json][] = [
  ['an amount that no double holds', 'invoice.paid', invoice({ amount_paid: 1e300 })],
  ['an amount that is text', 'invoice.paid', invoice({ amount_due: MARK })],
  ['no currency', 'invoice.paid', invoice({ currency: undefined })],
  ['a customer that is a number', 'invoice.paid', invoice({ customer: 5 })],
  ['a status that is a list', 'customer.subscription.updated', subscription({ status: [MARK] })],
  ['a time that no date shows', 'customer.subscription.updated', subscription({ trial_end: 9e15 })],
  ['an id of 300 characters', 'customer.updated', customer({ id: 'c'.repeat(300) })],
  ['another object than its type says', 'customer.subscription.updated', invoice()],
  ['no id', 'customer.updated', customer({ id: null })],
]

describe.each(isAvailable('mariadb') ? ['sqlite', 'mariadb'] : ['sqlite'])(
  'hostile webhooks on %s',
  (kind) => {
    let server: LocalServer
    let stripe: CheckedStripe
    let store: ReturnType<typeof openDatabase>
    let count = 0

    beforeAll(async () => {
      stripe = await serveCheckedStripe()
      const file = {
        database:
          kind === 'mariadb'
            ? await createDatabase(inject('mariadb')!)
            : { file: `${tempDir('hostile')}/db` },
        kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
        stripe: {
          secretKey: 'sk_test_1',
          apiBase: stripe.url,
          webhookSecret: SECRET,
          maxAttempts: 1,
          maxRetries: 0,
        },
      }
      server = await startLocalServer(file)
      store = openDatabase(parseConfig({ ...file, jwtKey: JWT_KEY }, { env: {} }).config)
    })
    afterAll(async () => {
      await server.stop()
      await store.close()
      await stripe.close()
    })

    const eventText = (id: string, type: string, object: Json) =>
      JSON.stringify({
        id,
        object: 'event',
        type,
        created: SECOND + count,
        api_version: '2024-06-20',
        livemode: false,
        data: { object },
      })

    async function post(body: string | Uint8Array<ArrayBuffer>, signature: string): Promise<Response> {
      return fetch(server.url + WEBHOOK_PATH, {
        method: 'POST',
        body,
        headers: { 'stripe-signature': signature },
      })
    }

    async function send(type: string, object: Json, id = `evt_${kind}_${count++}`): Promise<string> {
      const text = eventText(id, type, object)
      const answer = await post(text, signPayload(text, [SECRET], Math.floor(Date.now() / 1000)))
      expect([answer.status, await answer.text()]).toEqual([200, '"ok"'])
      return id
    }

    const rowOf = (id: string) =>
      store.db.selectFrom('stripe_events').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

    /** What the event came to, and that one which came after it went on. */
    async function outcome(id: string) {
      const after = await send(
        'customer.updated',
        customer({ id: `cus_after_${count}`, email: 'ada@example.com' }),
      )
      await expect.poll(async () => (await rowOf(after)).state, { timeout: 10_000 }).toBe('applied')
      await expect.poll(async () => (await rowOf(id)).state, { timeout: 10_000 }).not.toBe('pending')
      return rowOf(id)
    }

    test.each(PASS)('%s is taken as it is', async (_name, type, object) => {
      const row = await outcome(await send(type, object))
      expect(row).toMatchObject({ state: 'applied', last_error: null })
    })

    test.each(DEAD)('%s is a dead letter, and others go on', async (_name, type, object) => {
      const row = await outcome(await send(type, object))
      expect(row.state).toBe('dead')
      expect(row.last_error).toMatch(/^StripeShapeError: /)
      expect(row.last_error).not.toContain(MARK)
      expect(JSON.parse(row.payload!).data.object).toEqual(JSON.parse(JSON.stringify(object)))
    })

    test('of one second, an object that Stripe has no more is taken from the event', async () => {
      const object = subscription({ id: 'sub_vanished' })
      const first = await send('customer.subscription.created', { ...object, status: 'incomplete' })
      await expect.poll(async () => (await rowOf(first)).state).toBe('applied')
      const second = await send('customer.subscription.updated', object, `evt_${kind}_same_second`)
      expect(await outcome(second)).toMatchObject({ state: 'applied' })
      const rows = store.db.selectFrom('subscriptions').select('status')
      const { status } = await rows
        .where('provider_subscription_id', '=', 'sub_vanished')
        .executeTakeFirstOrThrow()
      expect(status).toBe('active')
    })

    test('an event id of 255 characters is kept whole, one more is refused', async () => {
      const longest = `evt_${kind}_`.padEnd(255, 'x')
      await send('customer.updated', customer({ id: 'cus_of_long_id' }), longest)
      expect(await outcome(longest)).toMatchObject({ id: longest, state: 'applied' })
      const text = eventText(`${longest}x`, 'customer.updated', customer())
      const answer = await post(text, signPayload(text, [SECRET], Math.floor(Date.now() / 1000)))
      expect([answer.status, (await answer.json()).code]).toEqual([400, 'webhook_event_invalid'])
    })

    test.each([
      [
        'a replayed signature of ten minutes ago',
        (text: string, now: number) => [text, signPayload(text, [SECRET], now - 600)],
      ],
      [
        'an altered body',
        (text: string, now: number) => [text.replace('usd', 'eur'), signPayload(text, [SECRET], now)],
      ],
      [
        'a signature of another secret',
        (text: string, now: number) => [text, signPayload(text, ['whsec_other'], now)],
      ],
    ])('%s is refused over the wire', async (_name, forge) => {
      const [body, signature] = forge(
        eventText('evt_forged', 'invoice.paid', invoice()),
        Math.floor(Date.now() / 1000),
      )
      const answer = await post(body!, signature!)
      expect([answer.status, (await answer.json()).code]).toEqual([400, 'webhook_signature_invalid'])
      const kept = await store.db
        .selectFrom('stripe_events')
        .select('id')
        .where('id', '=', 'evt_forged')
        .execute()
      expect(kept).toEqual([])
    })

    test('a body of 10 MB is refused, and the server goes on', async () => {
      const body = 'x'.repeat(10_000_000)
      const signature = signPayload(body, [SECRET], Math.floor(Date.now() / 1000))
      // The server may close the connection before it has read all.
      const status = await post(body, signature).then(
        (answer) => answer.status,
        () => 'closed',
      )
      expect([413, 'closed']).toContain(status)
      expect((await outcome(await send('customer.updated', customer({ id: 'cus_after_10_mb' })))).state).toBe(
        'applied',
      )
    })

    test('invalid UTF-8 is refused, though its bytes are signed', async () => {
      const body = new Uint8Array([...new TextEncoder().encode('{"id":"evt_utf8"'), 0xc3, 0x28, 0x7d])
      const now = Math.floor(Date.now() / 1000)
      const key = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(SECRET),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      )
      const mac = await crypto.subtle.sign(
        'HMAC',
        key,
        new Uint8Array([...new TextEncoder().encode(`${now}.`), ...body]),
      )
      const hex = Buffer.from(mac).toString('hex')
      expect((await post(body, `t=${now},v1=${hex}`)).status).toBe(400)
    })

    test('nothing of what was sent stands in the log', () => {
      const lines = JSON.stringify(server.logLines())
      expect(lines).not.toContain(MARK)
      expect(lines).not.toContain(SECRET)
    })
  },
)
