import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { signPayload } from '../../../runtime/dev/stripe/signature.ts'
import { openDatabase } from '../../../runtime/node/database.ts'
import { isAvailable } from '../../parts/available.ts'
import { JWT_KEY } from '../../parts/gateway.ts'
import { type LocalServer, startLocalServer } from '../../parts/local-server.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { type CheckedStripe, closeChecked, serveCheckedStripe } from '../../parts/stripe.ts'
import { WEBHOOK_PATH } from '../../parts/stripe-courier.ts'
import { tempDir } from '../../parts/temp-dir.ts'
import { customer, DEAD, type Json, MARK, PASS, SECOND, subscription } from './hostile-objects.ts'

const SECRET = 'whsec_of_the_hostile'
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
      await closeChecked(stripe)
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

    test('nothing of what was sent stands in the log', () => {
      const lines = JSON.stringify(server.logLines())
      expect(lines).not.toContain(MARK)
      expect(lines).not.toContain(SECRET)
    })
  },
)
