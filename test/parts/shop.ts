import { inject, onTestFinished } from 'vitest'
import available from '../../functions/authlance/identity/api/v1/profile/my-group/[group]/[user]/available.ts'
import billing from '../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import me from '../../functions/authlance/identity/me.ts'
import checkoutSession from '../../functions/authlance/payments/api/v1/checkout-session.ts'
import sessionId from '../../functions/authlance/payments/api/v1/session-id.ts'
import type { Route } from '../../lib/http/route.ts'
import type { KratosSession } from '../../lib/ory/kratos-session.ts'
import type { ServedStripe } from '../../runtime/dev/stripe/serve-stripe.ts'
import { type Answer, call } from './call.ts'
import { fakeSession } from './fake-session.ts'
import { createDatabase } from './mariadb.ts'
import { startStripe } from './stripe.ts'
import { createTestEnv, type TestEnv } from './test-env.ts'

export const I = '/authlance/identity/api/v1'
export const PAY = '/authlance/payments/api/v1'
export const DAY_MS = 86_400_000
export const TIERS = [
  {
    tierName: 'Standard',
    lookupKey: 'standard',
    price: 10,
    variants: [{ label: 'For ever', billingModel: 'perpetual_manual', lookupKey: 'forever', price: 500 }],
  },
  { tierName: 'Large', lookupKey: 'large', price: 30, maxMembers: 50 },
]

export interface Buyer {
  identity: string
  email: string
  sid: string
  headers: Record<string, string>
}

/** The product with its prices at a served stand-in for Stripe, as one replica. */
export interface Shop extends TestEnv {
  stripe: ServedStripe['stripe']
  url: string
  signIn(first: string, options?: { verified?: boolean }): Promise<Buyer>
  get(route: Route, path: string, buyer?: Buyer): Promise<Answer>
  post(route: Route, path: string, json: unknown, buyer?: Buyer): Promise<Answer>
  /** Asks whether a name is free. */
  check(name: string, buyer: Buyer): Promise<Answer>
  /** Checks the name and opens a checkout for it. */
  buy(name: string, buyer: Buyer, order?: Record<string, unknown>): Promise<Answer>
  /** What the page does that a payment ends on. @returns both answers; the second is absent when the first is no 200 */
  comeBack(checkout: Answer, buyer: Buyer): Promise<Answer[]>
  /** The session behind a checkout's address. */
  sessionOf(answer: Answer): string
  /** The subjects of the outbox, the oldest first. */
  subjects(): Promise<string[]>
  tables(): Promise<Record<'groups' | 'memberships' | 'subscriptions' | 'reservations', number>>
}

export interface ShopOptions {
  config?: Record<string, unknown> | ((stripe: ServedStripe['stripe']) => Record<string, unknown>)
  /** Keys of `stripe` in place of the shop's. */
  stripe?: Record<string, unknown>
  /** `sqlite`, in memory, unless told otherwise. */
  database?: 'sqlite' | 'mariadb'
}

/** Opens a shop for the running test. */
export async function openShop({
  config,
  stripe: keys,
  database = 'sqlite',
}: ShopOptions = {}): Promise<Shop> {
  const served = await startStripe()
  stock(served.stripe)
  const sessions = new Map<string, KratosSession>()
  const test = await createTestEnv({
    config: {
      paymentTiers: TIERS,
      token: { ttlSeconds: 7200 },
      stripe: { ...stripeKeys(served.url), ...keys },
      ...(database === 'mariadb' && { database: await createDatabase(inject('mariadb')!) }),
      ...(typeof config === 'function' ? config(served.stripe) : config),
    },
    kratos: {
      async whoami(credential) {
        const session = sessions.get(String(Object.values(credential)[0]))
        return session ? { kind: 'session', session } : { kind: 'unauthenticated' }
      },
    },
  })
  onTestFinished(() => test.close())
  return { ...test, stripe: served.stripe, url: served.url, ...actions(test, sessions) }
}

export function stripeKeys(apiBase: string) {
  return {
    secretKey: 'sk_test_shop',
    apiBase,
    maxRetries: 0,
    successBaseUrl: 'https://app.example.com',
    frontEndBasePath: '/dashboard',
    rootAppUrl: 'https://www.example.com/',
  }
}

export function stock({ actions: { createPrice, createProduct } }: ServedStripe['stripe']): void {
  const sell = (name: string, lookup_key: string, unit_amount: number, monthly: boolean) =>
    createPrice({
      product: createProduct({ name }).id,
      currency: 'usd',
      unit_amount,
      lookup_key,
      recurring: monthly ? { interval: 'month' } : null,
    })
  sell('Standard', 'standard', 1000, true)
  sell('Large', 'large', 3000, true)
  sell('For ever', 'forever', 50_000, false)
}

/** The end of the page's address, or of the address that a payment ends on. */
function sessionOf({ body }: Pick<Answer, 'body'>): string {
  return String(body.url).split(/[/=]/).at(-1)!
}

function actions(test: TestEnv, sessions: Map<string, KratosSession>) {
  const get = (route: Route, path: string, buyer?: Buyer) =>
    call(test, route, path, { headers: buyer?.headers })
  const post = (route: Route, path: string, json: unknown, buyer?: Buyer) =>
    call(test, route, path, { json, headers: buyer?.headers })
  const check = (name: string, buyer: Buyer) =>
    get(available, `${I}/profile/my-group/${encodeURIComponent(name)}/${buyer.identity}/available`, buyer)

  return {
    get,
    post,
    check,
    async signIn(first: string, { verified = true } = {}): Promise<Buyer> {
      const [identity, sid, proof] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
      const email = `${first.toLowerCase()}@example.com`
      sessions.set(proof, fakeSession({ sid, identity, email, first, verified }))
      const headers = { 'x-session-token': proof }
      const answer = await call(test, me, '/authlance/identity/me', { json: { session: sid }, headers })
      return { identity, email, sid, headers: { authorization: `Bearer ${answer.body.token}` } }
    },
    async buy(name: string, buyer: Buyer, order: Record<string, unknown> = {}) {
      const { signature } = (await check(name, buyer)).body
      const organization = { organizationName: name, organizationLongName: `The ${name} company` }
      const body = { lookupKey: 'standard', ...organization, signature, ...order }
      return post(checkoutSession, `${PAY}/checkout-session`, body, buyer)
    },
    async comeBack(checkout: Answer, buyer: Buyer) {
      const resolved = await post(sessionId, `${PAY}/session-id`, { sessionId: sessionOf(checkout) }, buyer)
      if (resolved.status !== 200) return [resolved]
      const path = `${I}/profile/subscriptions/${buyer.identity}/billing/${resolved.body.subscriptionId}`
      return [resolved, await get(billing, path, buyer)]
    },
    sessionOf,
    async subjects() {
      const rows = await test.env.db.selectFrom('event_outbox').select('subject').orderBy('seq').execute()
      return rows.map(({ subject }) => subject).filter((subject) => !subject.startsWith('user.'))
    },
    async tables() {
      const { db } = test.env
      const count = async (table: 'groups' | 'memberships' | 'subscriptions' | 'checkout_reservations') =>
        (await db.selectFrom(table).selectAll().execute()).length
      return {
        groups: await count('groups'),
        memberships: await count('memberships'),
        subscriptions: await count('subscriptions'),
        reservations: await count('checkout_reservations'),
      }
    },
  }
}

/** A shop in which Ada has bought a plan for a group. @param options of the shop */
export async function openSoldShop(name: string, options: ShopOptions = {}) {
  const shop = await openShop(options)
  const ada = await shop.signIn('Ada')
  const checkout = await shop.buy(name, ada)
  shop.stripe.actions.pay(shop.sessionOf(checkout))
  const [, bought] = await shop.comeBack(checkout, ada)
  return { shop, ada, bought: bought!.body }
}

export async function makeSysadmin({ env }: Shop, { identity }: Buyer): Promise<void> {
  const users = env.db.selectFrom('users').select('id').where('identity', '=', identity)
  const { id } = await users.executeTakeFirstOrThrow()
  await env.db.insertInto('user_roles').values({ user_id: id, role: 'sysadmin' }).execute()
}
