import { expect, onTestFinished, test, vi } from 'vitest'
import { createReconcileTimer } from '../../../runtime/node/reconcile-timer.ts'
import { startStripe } from '../../parts/stripe.ts'
import { createTestEnv } from '../../parts/test-env.ts'

async function open(reconcileIntervalMs: number) {
  const { stripe, url } = await startStripe()
  stripe.actions.createCustomer({ email: 'ada@example.com' })
  const keys = { secretKey: 'sk_test_timer', apiBase: url, maxRetries: 0, reconcileIntervalMs }
  const { env, log, close: closeEnv } = await createTestEnv({ config: { stripe: keys } })
  onTestFinished(closeEnv)
  let written = 0
  const replica = () => {
    const work = { ...env, owner: crypto.randomUUID(), random: () => 0.1 }
    const timer = createReconcileTimer(work, () => written++)
    timer.start()
    onTestFinished(() => timer.stop(5000))
    return timer
  }
  const told = () => log.lines.filter(({ message }) => message?.startsWith('ledger reconciled'))
  return { stripe, log, replica, told, written: () => written, env }
}

test('replicas reconcile once for all in each interval, and tell of it in one line', async () => {
  const { replica, told, written, env } = await open(60_000 / 100)
  const replicas = [replica(), replica(), replica()]
  await vi.waitFor(() => expect(told()).toHaveLength(1), 5000)
  expect(told()[0]!.fields).toMatchObject({ missed: 1, applied: 1, drifted: 0 })
  expect(written()).toBe(1)
  expect(await env.db.selectFrom('stripe_events').select('type').execute()).toEqual([
    { type: 'customer.created' },
  ])
  await Promise.all(replicas.map((one) => one.stop(5000)))
  expect(told().length).toBeLessThanOrEqual(2)
})

test('goes on after Stripe was away', async () => {
  const { stripe, log, replica, told } = await open(100)
  stripe.faults.down(true)
  replica()
  await vi.waitFor(() => expect(log.lines.some(({ level }) => level === 'warn')).toBe(true), 5000)
  expect(told()).toEqual([])
  stripe.faults.down(false)
  await vi.waitFor(() => expect(told().length).toBeGreaterThan(0), 5000)
})

test('an interval of 0 never reconciles', async () => {
  const { replica, log } = await open(0)
  const timer = replica()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await timer.stop(1000)
  expect(log.lines).toEqual([])
})
