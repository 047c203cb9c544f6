import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { signPayload } from '../../runtime/dev/stripe/signature.ts'
import { type OpenDatabase, openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { type Edge, startEdge } from '../parts/edge.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { insertGroups } from '../parts/insert-groups.ts'
import { readEvents } from '../parts/jetstream-events.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type PlanetScaleStandIn, startPlanetScaleStandIn } from '../parts/planetscale.ts'
import { stock, stripeKeys, TIERS } from '../parts/shop.ts'
import { type CheckedStripe, closeChecked, serveCheckedStripe } from '../parts/stripe.ts'
import { WEBHOOK_PATH } from '../parts/stripe-courier.ts'

const SECRETS = ['whsec_the_one_before', 'whsec_the_one_of_now'] as const
const missing = [requirePart('mariadb'), requirePart('nats')].includes(true)

describe.skipIf(missing).each(['all', 'routes'] as const)(
  "Stripe's webhook on workerd, workers: %s",
  (workers) => {
    const prefix = `w${crypto.randomUUID().slice(0, 8)}`
    let database: OpenDatabase
    let planetscale: PlanetScaleStandIn
    let stripe: CheckedStripe
    let edge: Edge

    beforeAll(async () => {
      stripe = await serveCheckedStripe()
      stock(stripe.stripe)
      const config = {
        jwtKey: JWT_KEY,
        paymentTiers: TIERS,
        kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
        stripe: { ...stripeKeys(stripe.url), webhookSecret: SECRETS },
        nats: { prefix },
      }
      const coordinates = await createDatabase(inject('mariadb')!)
      const parsed = parseConfig({ ...config, database: coordinates }, { env: {} }).config
      database = openDatabase(parsed)
      await migrate(database.db, parsed)
      await insertGroups(database.db, ['acme'])
      planetscale = await startPlanetScaleStandIn(coordinates)
      edge = await startEdge({
        config,
        planetscale,
        natsWebsocketUrl: inject('nats')!.websocketUrl,
        workers,
      })
    })
    afterAll(async () => {
      await edge?.stop()
      await planetscale?.stop()
      await database?.close()
      if (stripe) await closeChecked(stripe)
    })

    const seconds = () => Math.floor(Date.now() / 1000)
    const post = (body: BodyInit, signature: string) =>
      fetch(edge.url + WEBHOOK_PATH, { method: 'POST', body, headers: { 'stripe-signature': signature } })

    function eventText(id: string, over: Record<string, unknown> = {}): string {
      const object = { id: 'cus_1', object: 'customer' }
      return JSON.stringify({
        id,
        object: 'event',
        type: 'customer.updated',
        created: seconds(),
        livemode: false,
        data: { object },
        ...over,
      })
    }

    test('keeps an event once, though it comes twenty times at once, and says ok', async () => {
      const text = eventText('evt_twenty')
      const signature = signPayload(text, [SECRETS[1]], seconds())
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(text, signature)))
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
      expect(await answers[0]!.json()).toBe('ok')
      const query = database.db.selectFrom('stripe_events').selectAll().where('id', '=', 'evt_twenty')
      expect(await query.execute()).toMatchObject([{ payload: text }])
    })

    test('takes both secrets, and any of several signatures', async () => {
      const text = eventText('evt_old_secret')
      expect((await post(text, signPayload(text, [SECRETS[0]], seconds()))).status).toBe(200)
      const both = eventText('evt_both')
      expect((await post(both, signPayload(both, ['whsec_of_nobody', SECRETS[1]], seconds()))).status).toBe(
        200,
      )
    })

    test.each([
      ['of another secret', 'whsec_of_somebody', 0],
      ['that is old', SECRETS[1], -310],
      ['of the future', SECRETS[1], 310],
    ])('refuses a signature %s, and keeps nothing', async (_name, secret, offset) => {
      const text = eventText('evt_refused')
      const answer = await post(text, signPayload(text, [secret], seconds() + offset))
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'webhook_signature_invalid' })
      const query = database.db.selectFrom('stripe_events').select('id').where('id', '=', 'evt_refused')
      expect(await query.execute()).toEqual([])
    })

    test('refuses what is no event, another mode, broken text and what is too large', async () => {
      const signed = async (body: string | Uint8Array<ArrayBuffer>) => {
        const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
        const answer = await post(body, signPayload(text, [SECRETS[1]], seconds()))
        return [answer.status, ((await answer.json()) as { code: string }).code]
      }
      expect(await signed('['.repeat(100_000))).toEqual([400, 'webhook_event_invalid'])
      expect(await signed(eventText('evt_live', { livemode: true }))).toEqual([400, 'webhook_mode_mismatch'])
      expect(await signed(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual([400, 'webhook_signature_invalid'])
      expect(await signed(eventText('evt_large', { note: 'x'.repeat(1_048_576) }))).toEqual([
        413,
        'payload_too_large',
      ])
    })

    test('the flush worker applies what came, and publishes what it tells', async () => {
      const { actions } = stripe.stripe
      const customer = actions.createCustomer({ email: 'ada@example.com', metadata: { group: 'acme' } }).id
      actions.setPaymentMethod(customer, 'ok')
      const price = stripe.stripe.state.prices()[0]!.id
      const subscription = actions.createSubscription({ customer, price })
      const list = await fetch(`${stripe.url}/v1/events?limit=100`, {
        headers: { authorization: 'Bearer sk_test_shop' },
      })
      const { data } = (await list.json()) as { data: object[] }
      for (const event of data) {
        const text = JSON.stringify(event)
        expect((await post(text, signPayload(text, [SECRETS[1]], seconds()))).status).toBe(200)
      }
      await edge.triggerFlush()

      const states = await database.db.selectFrom('stripe_events').select('state').distinct().execute()
      expect(states.map(({ state }) => state)).not.toContain('pending')
      const row = await database.db
        .selectFrom('subscriptions')
        .selectAll()
        .where('provider_subscription_id', '=', subscription.id)
        .executeTakeFirstOrThrow()
      expect(row).toMatchObject({ status: 'active', tier_name: 'Standard', group_id: 1 })

      const events = await readEvents(inject('nats')!.url, prefix)
      const of = (subject: string) => events.filter((event) => event.subject === subject)
      expect(of('payment.success').map(({ data }) => data)).toMatchObject([
        { stripeSubscriptionId: subscription.id, amount: '10.00', organizationId: 1 },
      ])
      expect(of('subscription.created')).toHaveLength(1)
      const told = of('stripe.webhook.event').map(({ data }) => data.eventId)
      expect(new Set(told).size).toBe(told.length)
      expect(told).toEqual(expect.arrayContaining(['evt_twenty', 'evt_old_secret', 'evt_both']))
      expect(edge.log()).not.toContain('left out of this build')
      for (const text of [...SECRETS, 'sk_test_shop']) expect(edge.log()).not.toContain(text)
    })
  },
)
