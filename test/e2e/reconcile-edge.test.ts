import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { startEdge } from '../parts/edge.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startPlanetScaleStandIn } from '../parts/planetscale.ts'
import { stock, stripeKeys, TIERS } from '../parts/shop.ts'
import { startStripe } from '../parts/stripe.ts'

describe.skipIf(requirePart('mariadb') || requirePart('nats'))('on workerd', () => {
  it('the schedule reconciles the ledger with Stripe, once in each interval', async () => {
    const { stripe, url: apiBase } = await startStripe()
    stock(stripe)
    const customer = stripe.actions.createCustomer({ email: 'ada@example.com' }).id
    stripe.actions.setPaymentMethod(customer, 'ok')
    const price = stripe.state.prices()[0]!.id
    const subscription = stripe.actions.createSubscription({ customer, price })

    const config = {
      jwtKey: JWT_KEY,
      paymentTiers: TIERS,
      kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
      stripe: stripeKeys(apiBase),
      nats: { prefix: `r${crypto.randomUUID().slice(0, 8)}` },
      log: { level: 'info' },
    }
    const database = await createDatabase(inject('mariadb')!)
    const parsed = parseConfig({ ...config, database }, { env: {} }).config
    const { db, close } = openDatabase(parsed)
    onTestFinished(close)
    await migrate(db, parsed)
    const planetscale = await startPlanetScaleStandIn(database)
    onTestFinished(() => planetscale.stop())
    const natsWebsocketUrl = inject('nats')!.websocketUrl
    const edge = await startEdge({ config, planetscale, natsWebsocketUrl })
    onTestFinished(() => edge.stop())

    await edge.triggerFlush()
    const row = await db
      .selectFrom('subscriptions')
      .select(['status', 'tier_name'])
      .where('provider_subscription_id', '=', subscription.id)
      .executeTakeFirst()
    expect(row).toEqual({ status: 'active', tier_name: 'Standard' })
    expect(
      await db.selectFrom('stripe_events').select('id').where('state', '=', 'pending').execute(),
    ).toEqual([])

    await edge.triggerFlush()
    expect(edge.log().match(/"ledger reconciled/g)).toHaveLength(1)
    expect(edge.log()).not.toContain('left out of this build')
  })
})
