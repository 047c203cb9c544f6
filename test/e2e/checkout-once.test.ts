import type { Kysely } from 'kysely'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import type { Database as Tables } from '../../lib/db/tables.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { JWT_KEY, startGateway } from '../parts/gateway.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'
import { I, PAY, stock, stripeKeys, TIERS } from '../parts/shop.ts'
import { startStripe } from '../parts/stripe.ts'
import { json } from '../parts/stub-upstream.ts'
import { startWhoamiStub } from '../parts/whoami-stub.ts'

const SKIPPED = requirePart('mariadb')
const ADA = { sid: 'sid-ada', identity: 'identity-ada', email: 'ada@example.com', verified: true }

/** Three processes on one database, a Kratos that knows Ada, and Stripe, whose webhooks go to each process in turn. */
async function start() {
  const kratos = await startWhoamiStub()
  onTestFinished(() => kratos.close())
  kratos.respondWhoami((_request, response) => json(response, 200, fakeSession(ADA)))
  const database = await createDatabase(inject('mariadb')!)
  const urls: string[] = []
  let deliveries = 0
  const stripe = await startStripe({
    webhookFetch: (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      return fetch(urls[deliveries++ % urls.length]! + pathname, init)
    },
  })
  stock(stripe.stripe)
  const endpoint = stripe.stripe.actions.createWebhookEndpoint({
    url: `http://127.0.0.1:1${PAY}/stripe/webhook`,
    enabledEvents: ['*'],
  })
  const config = {
    database,
    paymentTiers: TIERS,
    kratos: { url: kratos.url, adminUrl: kratos.url },
    stripe: { ...stripeKeys(stripe.url), webhookSecret: endpoint.secrets[0]!.value },
    log: { level: 'error' },
  }
  const servers = await Promise.all([1, 2, 3].map(() => startGateway(config)))
  for (const server of servers) onTestFinished(async () => void (await server.stop()))
  urls.push(...servers.map(({ url }) => url))
  return { urls, database, stripe: stripe.stripe }
}

/** Ada checks the name at one process, buys at another and pays; nobody has told the product yet. */
async function buy({ urls, stripe }: Pick<Awaited<ReturnType<typeof start>>, 'urls' | 'stripe'>) {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-session-token': 'ada' }
  const get = async (at: number, path: string) => read(await fetch(urls[at % 3]! + path, { headers }))
  const post = async (at: number, path: string, body: unknown) =>
    read(await fetch(urls[at % 3]! + path, { method: 'POST', headers, body: JSON.stringify(body) }))

  const { token } = (await post(0, '/authlance/identity/me', { session: ADA.sid })).body
  headers['authorization'] = `Bearer ${token}`
  const { signature } = (await get(1, `${I}/profile/my-group/acme/me/available`)).body
  const order = { lookupKey: 'standard', organizationName: 'acme', organizationLongName: 'Acme Ltd' }
  const checkout = await post(2, `${PAY}/checkout-session`, { ...order, signature })
  expect(checkout.status).toBe(200)

  const sessionId = stripe.state.sessions()[0]!.id
  stripe.delivery.pause()
  stripe.actions.pay(sessionId)
  return { get, post, sessionId, subscriptionId: stripe.state.subscriptions()[0]!.id }
}

async function read(response: Response) {
  return { status: response.status, body: JSON.parse(await response.text()) }
}

const ONE = {
  groups: [{ name: 'acme', long_name: 'Acme Ltd' }],
  memberships: 1,
  roles: [{ role: 'group-admin' }],
  subscriptions: [{ tier_name: 'Standard', status: 'active', provider: 'stripe' }],
  customers: 1,
  reservations: [{ state: 'completed', held_name: null }],
  events: ['group.created', 'payment.success', 'subscription.created'],
}

/** What a checkout makes, without ids and times. */
function made(database: Database): Promise<typeof ONE> {
  return reading(database, async (db) => {
    const subjects = await db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
    return {
      groups: await db.selectFrom('groups').select(['name', 'long_name']).execute(),
      memberships: (await db.selectFrom('memberships').select('group_id').execute()).length,
      roles: await db.selectFrom('membership_roles').select('role').execute(),
      subscriptions: await db
        .selectFrom('subscriptions')
        .select(['tier_name', 'status', 'provider'])
        .execute(),
      customers: (await db.selectFrom('billing_customers').select('customer_id').execute()).length,
      reservations: await db.selectFrom('checkout_reservations').select(['state', 'held_name']).execute(),
      events: subjects
        .map(({ subject }) => subject)
        .filter((subject) => ONE.events.includes(subject))
        .sort(),
    } as typeof ONE
  })
}

/** How many of Stripe's events are not applied so far. */
function waiting(database: Database): Promise<number> {
  return reading(
    database,
    async (db) =>
      (await db.selectFrom('stripe_events').select('id').where('state', '=', 'pending').execute()).length,
  )
}

async function reading<T>(database: Database, read: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  const nowhere = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const { config } = parseConfig({ database, jwtKey: JWT_KEY, kratos: nowhere }, { env: {} })
  const { db, close } = openDatabase(config)
  try {
    return await read(db)
  } finally {
    await close()
  }
}

describe.skipIf(SKIPPED)('a paid checkout makes one of everything', () => {
  it('under 20 parallel calls of session-id and of billing, and the webhook, over three processes', async () => {
    const shop = await start()
    const { get, post, sessionId, subscriptionId } = await buy(shop)

    shop.stripe.delivery.resume()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => [
        post(at, `${PAY}/session-id`, { sessionId }),
        get(at + 1, `${I}/profile/subscriptions/me/billing/${subscriptionId}`),
      ]).flat(),
    )
    await shop.stripe.delivery.idle()

    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(2)
    await expect.poll(() => waiting(shop.database), { timeout: 20_000 }).toBe(0)
    expect(await made(shop.database)).toEqual(ONE)
  })

  it('and from the webhook alone, when the browser never comes back', async () => {
    const shop = await start()
    await buy(shop)
    shop.stripe.delivery.resume()
    await shop.stripe.delivery.idle()
    await expect.poll(() => waiting(shop.database), { timeout: 20_000 }).toBe(0)
    expect(await made(shop.database)).toEqual(ONE)
  })
})
