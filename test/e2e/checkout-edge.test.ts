import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { startEdge } from '../parts/edge.ts'
import { fakeSession } from '../parts/fake-session.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startPlanetScaleStandIn } from '../parts/planetscale.ts'
import { I, PAY, stock, stripeKeys, TIERS } from '../parts/shop.ts'
import { startStripe } from '../parts/stripe.ts'
import { json } from '../parts/stub-upstream.ts'
import { startWhoamiStub } from '../parts/whoami-stub.ts'

const ADA = { sid: 'sid-ada', identity: 'identity-ada', email: 'ada@example.com', verified: true }

describe.skipIf(requirePart('mariadb'))('on workerd', () => {
  it.each(['all', 'routes'] as const)(
    'checkout, its end and the reads around it work: %s',
    async (workers) => {
      const kratos = await startWhoamiStub()
      onTestFinished(() => kratos.close())
      kratos.respondWhoami((_request, response) => json(response, 200, fakeSession(ADA)))
      const { stripe, url: apiBase } = await startStripe()
      stock(stripe)
      const config = {
        jwtKey: JWT_KEY,
        paymentTiers: TIERS,
        kratos: { url: kratos.url, adminUrl: kratos.url },
        stripe: { ...stripeKeys(apiBase), trialPeriodDays: 14 },
        log: { level: 'error' },
      }
      const database = await createDatabase(inject('mariadb')!)
      const parsed = parseConfig({ ...config, database }, { env: {} }).config
      const { db, close } = openDatabase(parsed)
      onTestFinished(close)
      await migrate(db, parsed)
      const planetscale = await startPlanetScaleStandIn(database)
      onTestFinished(() => planetscale.stop())
      const edge = await startEdge({ config, planetscale, workers })
      onTestFinished(() => edge.stop())

      const headers: Record<string, string> = { 'content-type': 'application/json', 'x-session-token': 'ada' }
      const get = async (path: string) => read(await fetch(edge.url + path, { headers }))
      const post = async (path: string, body: unknown) =>
        read(await fetch(edge.url + path, { method: 'POST', headers, body: JSON.stringify(body) }))
      const { token } = (await post('/authlance/identity/me', { session: ADA.sid })).body
      headers['authorization'] = `Bearer ${token}`

      const { signature } = (await get(`${I}/profile/my-group/acme/me/available`)).body
      const order = { lookupKey: 'standard', organizationName: 'acme', organizationLongName: 'Acme Ltd' }
      const checkout = await post(`${PAY}/checkout-session`, { ...order, signature })
      const session = stripe.state.sessions()[0]!
      expect(checkout).toEqual({ status: 200, body: { url: session.url } })
      expect((await post(`${PAY}/session-id`, { sessionId: session.id })).status).toBe(404)

      stripe.actions.pay(session.id)
      const resolved = await post(`${PAY}/session-id`, { sessionId: session.id })
      const { subscriptionId } = resolved.body
      expect(subscriptionId).toBe(stripe.state.subscriptions()[0]!.id)
      const bought = await get(`${I}/profile/subscriptions/me/billing/${subscriptionId}`)
      expect(bought).toMatchObject({ status: 200, body: { status: 'trialing', tierName: 'Standard' } })
      expect(await get(`${I}/profile/subscriptions/me/acme/active`)).toEqual(bought)
      expect((await get(`${I}/profile/subscriptions/me/tiers`)).body).toHaveLength(2)

      const portal = await post(`${PAY}/customer-portal`, { customerId: bought.body.billingCustomerId })
      expect(portal).toEqual({ status: 200, body: { url: stripe.state.portalSessions()[0]!.url } })
      const details = await post(`${PAY}/product-details`, { lookup_key: 'large' })
      expect(details.body.product).toMatchObject({ unit_amount: 3000, product: { name: 'Large' } })
      const groups = await db.selectFrom('groups').select('name').execute()
      expect(groups).toEqual([{ name: 'acme' }])
      expect(edge.log()).not.toContain('left out of this build')
    },
  )
})

async function read(response: Response) {
  return { status: response.status, body: JSON.parse(await response.text()) }
}
