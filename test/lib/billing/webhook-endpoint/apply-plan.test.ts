import { expect, it } from 'vitest'
import { applyEndpointPlan, planEndpointFor } from '../../../../lib/billing/webhook-endpoint/apply-plan.ts'
import { noMetrics } from '../../../../lib/metrics.ts'
import { startStripe } from '../../../parts/stripe.ts'
import { testConfig } from '../../events/outbox-fixture.ts'

const BASE = 'https://auth.example.com'
const URL = `${BASE}/authlance/payments/api/v1/stripe/webhook`

async function open(maxRetries = 0) {
  const { stripe, url: apiBase } = await startStripe()
  const config = testConfig({ stripe: { secretKey: 'sk_test_endpoint', apiBase, maxRetries } })
  const services = { config, metrics: noMetrics, clock: { now: () => Date.now() } }
  const secrets: string[] = []
  const plan = (rotate = false) => planEndpointFor(services, { base: BASE, rotate })
  const apply = async (
    planned: Awaited<ReturnType<typeof plan>>,
    tell: (secret: string) => void = (secret) => secrets.push(secret),
  ) => applyEndpointPlan(services, planned, BASE, tell)
  const endpoints = () => stripe.state.endpoints()
  return { stripe, plan, apply, secrets, endpoints, secretNow: () => endpoints()[0]!.secrets[0]!.value }
}

it('ten runs at the same time leave one endpoint, and tell its secret alone', async () => {
  const { stripe, plan, apply, secrets, endpoints, secretNow } = await open()
  stripe.faults.delay(20)
  await Promise.all(Array.from({ length: 10 }, async () => apply(await plan())))
  expect(endpoints()).toHaveLength(1)
  expect(secrets).toEqual([secretNow()])
  expect((await plan()).kind).toBe('nothing')
})

it('an answer that is lost makes no second endpoint, and its secret is told', async () => {
  const { stripe, plan, apply, secrets, endpoints, secretNow } = await open(2)
  const planned = await plan()
  stripe.faults.loseAnswers(1)
  await apply(planned)
  expect(endpoints()).toHaveLength(1)
  expect(secrets).toEqual([secretNow()])
})

it('an endpoint whose URL ends in a slash is ours, and is called as we answer', async () => {
  const { stripe, plan, apply, secrets, endpoints } = await open()
  const { id } = stripe.actions.createWebhookEndpoint({ url: `${URL}/`, enabledEvents: ['*'] })
  const planned = await plan()
  expect(planned).toMatchObject({ kind: 'update', endpoint: id, formerUrl: `${URL}/`, removed: ['*'] })
  await apply(planned)
  expect(endpoints()).toMatchObject([{ id, url: URL }])
  expect(secrets).toEqual([])
  expect((await plan()).kind).toBe('nothing')
})

it('a rotation that dies before its secret is told keeps the former endpoint, and the next one completes it', async () => {
  const { plan, apply, secrets, endpoints, secretNow } = await open()
  await apply(await plan())
  const former = endpoints()[0]!.id
  const dying = apply(await plan(true), () => {
    throw new Error('nobody listens')
  })
  await expect(dying).rejects.toThrow('nobody listens')
  expect(endpoints().map(({ id }) => id)).toContain(former)

  await expect(plan()).rejects.toThrow('interrupted')
  await apply(await plan(true))
  expect(endpoints()).toHaveLength(1)
  expect(endpoints()[0]!.id).not.toBe(former)
  expect(secrets.at(-1)).toBe(secretNow())
  expect((await plan()).kind).toBe('nothing')
})

it('a rotation that dies before the former endpoint is deleted is completed by the next one', async () => {
  const { stripe, plan, apply, secrets, endpoints, secretNow } = await open()
  await apply(await plan())
  const dying = apply(await plan(true), () => stripe.faults.down(true))
  await expect(dying).rejects.toThrow(/^stripe: away/)
  expect(endpoints()).toHaveLength(2)

  stripe.faults.down(false)
  await apply(await plan(true))
  expect(endpoints()).toHaveLength(1)
  expect(secrets.at(-1)).toBe(secretNow())
})
