import { describe, expect, onTestFinished, test } from 'vitest'
import { HANDLED_EVENTS } from '../../lib/billing/ledger/handled-events.ts'
import { diagnose, NOWHERE } from '../parts/diagnose.ts'
import { startStripe } from '../parts/stripe.ts'
import { json, startStubUpstream } from '../parts/stub-upstream.ts'

const KEY = 'sk_test_doctor_9Gk2mVx7QpLs'
const SECRET = 'whsec_Zk8Qm2Vx7PpLs31NdT'
const URL = 'https://auth.example.com/authlance/payments/api/v1/stripe/webhook'
const EVENTS: string[] = [...HANDLED_EVENTS]

/** An account with what a service that sells one tier needs. */
async function open() {
  const served = await startStripe({ secretKey: KEY })
  const { actions } = served.stripe
  const price = actions.createPrice({
    product: actions.createProduct({ name: 'Standard' }).id,
    currency: 'usd',
    unit_amount: 1000,
    lookup_key: 'standard',
    recurring: { interval: 'month' },
  })
  const endpoint = (enabledEvents = EVENTS, url = URL) =>
    actions.createWebhookEndpoint({ url, enabledEvents, apiVersion: '2026-08-26.dahlia' })
  const keys = {
    secretKey: KEY,
    webhookSecret: [SECRET],
    webhookBaseUrl: 'https://auth.example.com',
    apiBase: served.url,
  }
  const look = (stripe: object = {}, config: object = {}) =>
    diagnose({
      stripe: { ...keys, ...stripe },
      paymentTier: { tierName: 'Standard', lookupKey: 'standard' },
      ...config,
    })
  return { served, price, endpoint, look, endpoints: () => served.stripe.state.endpoints() }
}

describe('an account at Stripe', () => {
  test('in order has nothing broken, and is left as it was', async () => {
    const { endpoint, look, endpoints } = await open()
    endpoint()
    const before = structuredClone(endpoints())
    const { findings } = await look()
    const own = findings.filter(({ part }) => part === 'stripe')
    expect(own.filter(({ state }) => state !== 'ok')).toEqual([])
    expect(own.map(({ id }) => id)).toEqual(
      expect.arrayContaining(
        ['mode', 'webhook-secret', 'key', 'endpoint', 'api-version', 'prices'].map(
          (check) => `stripe.${check}`,
        ),
      ),
    )
    expect(endpoints()).toEqual(before)
  })

  test('without an endpoint', async () => {
    const { look } = await open()
    expect((await look()).stateOf('stripe.endpoint')).toBe('broken')
  })

  test('with an endpoint that is disabled, or lacks events, or sends too many, or stands twice', async () => {
    const { look, endpoint, endpoints } = await open()
    endpoint(EVENTS.filter((type) => type !== 'invoice.paid'))
    expect((await look()).find('stripe.endpoint-events')).toMatchObject({
      state: 'broken',
      evidence: { added: ['invoice.paid'] },
    })
    endpoints()[0]!.enabled_events = [...EVENTS, 'charge.succeeded']
    expect((await look()).find('stripe.endpoint-events')).toMatchObject({
      state: 'warn',
      evidence: { removed: ['charge.succeeded'] },
    })
    endpoints()[0]!.enabled_events = EVENTS
    endpoints()[0]!.status = 'disabled'
    expect((await look()).stateOf('stripe.endpoint')).toBe('broken')
    endpoint()
    expect((await look()).find('stripe.endpoint')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('2 webhook endpoints'),
    })
  })

  test('with an endpoint of a version that is not read', async () => {
    const { look, endpoint, endpoints } = await open()
    endpoint()
    endpoints()[0]!.api_version = '2019-12-03'
    expect((await look()).stateOf('stripe.api-version')).toBe('warn')
  })

  test('without the price of a tier', async () => {
    const { look } = await open()
    const paymentTiers = [{ tierName: 'Large', lookupKey: 'large' }]
    const { find } = await look({}, { paymentTiers })
    expect(find('stripe.prices')).toMatchObject({
      state: 'broken',
      evidence: { missing: ['large'], looked: 2, total: 2 },
    })
  })

  test('that does not know the key, or is away', async () => {
    const { look, served } = await open()
    const secretKey = 'sk_test_unknown_2Hf83kQq'
    const { find, findings, all } = await look({ secretKey })
    expect(find('stripe.key')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('refused (401)'),
    })
    expect(all('stripe.endpoint')).toEqual([])
    expect(JSON.stringify(findings)).not.toContain(secretKey)
    served.stripe.faults.down(true)
    expect((await look()).find('stripe.key')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('503'),
    })
    served.stripe.faults.down(false)
    expect((await look({ apiBase: NOWHERE })).stateOf('stripe.key')).toBe('broken')
  })

  test('whose key is restricted', async () => {
    const stub = await startStubUpstream()
    onTestFinished(() => stub.close())
    stub.respond((_, response) =>
      json(response, 403, { error: { type: 'invalid_request_error', message: 'no permission' } }),
    )
    const { look } = await open()
    const { find, stateOf } = await look({ apiBase: stub.url })
    expect(find('stripe.key')).toMatchObject({ state: 'ok', message: expect.stringContaining('restricted') })
    expect(stateOf('stripe.endpoint')).toBe('skipped')
    expect(stateOf('stripe.prices')).toBe('broken')
  })

  test('whose charges are not enabled, and whose clock is another', async () => {
    const stub = await startStubUpstream()
    onTestFinished(() => stub.close())
    stub.respond(({ target }, response) => {
      response.setHeader('date', new Date(Date.now() - 400_000).toUTCString())
      const list = { object: 'list', data: [], has_more: false }
      json(
        response,
        200,
        target.startsWith('/v1/account') ? { id: 'acct_1', object: 'account', charges_enabled: false } : list,
      )
    })
    const { look } = await open()
    const { find, stateOf } = await look({ apiBase: stub.url })
    expect(find('stripe.key')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('may not charge'),
    })
    expect(stateOf('stripe.clock')).toBe('broken')
  })
})

describe('what the configuration says of Stripe', () => {
  const away = { apiBase: NOWHERE, webhookSecret: [SECRET] }
  test.each<[string, object, object, string, string]>([
    [
      'a live key in development',
      { secretKey: 'sk_live_9Gk2mVx7QpLs' },
      { debug: true },
      'stripe.mode',
      'warn',
    ],
    ['a test key in production', { secretKey: KEY }, { debug: false }, 'stripe.mode', 'warn'],
    [
      'a live key in production',
      { secretKey: 'sk_live_9Gk2mVx7QpLs' },
      { debug: false },
      'stripe.mode',
      'ok',
    ],
    ['a key of neither', { secretKey: 'whatever-it-is' }, {}, 'stripe.mode', 'warn'],
    ['no signing secret', { secretKey: KEY, webhookSecret: [] }, {}, 'stripe.webhook-secret', 'broken'],
    [
      'two signing secrets',
      { secretKey: KEY, webhookSecret: [SECRET, `${SECRET}2`] },
      {},
      'stripe.webhook-secret',
      'warn',
    ],
    ['tiers and no key', {}, { paymentTier: { tierName: 'A', lookupKey: 'a' } }, 'stripe.key', 'broken'],
    ['nothing', {}, {}, 'stripe.key', 'skipped'],
  ])('%s', async (_, stripe, config, id, state) => {
    expect((await diagnose({ stripe: { ...away, ...stripe }, ...config })).stateOf(id)).toBe(state)
  })

  test('no address of the webhook', async () => {
    const { look } = await open()
    expect((await look({ webhookBaseUrl: '' })).stateOf('stripe.endpoint')).toBe('warn')
  })
})
