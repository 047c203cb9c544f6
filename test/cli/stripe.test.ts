import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { startStripe } from '../parts/stripe.ts'
import { tempDir } from '../parts/temp-dir.ts'

const NOWHERE = 'http://127.0.0.1:9'
const KEY = 'sk_test_reconcile_command'

function configOf(stripe: object, database: object): string {
  const kratos = { url: NOWHERE, adminUrl: NOWHERE }
  const keys = { secretKey: KEY, maxRetries: 0, ...stripe }
  return writeConfig({ kratos, database, log: { level: 'error' }, stripe: keys })
}

async function open() {
  const served = await startStripe({ secretKey: KEY })
  const config = configOf({ apiBase: served.url }, { file: join(tempDir('reconcile'), 'auth.sqlite') })
  expect((await runCli('migrate', '--config', config)).code).toBe(0)
  const run = (...args: string[]) => runCli('stripe', 'reconcile', '--config', config, ...args)
  return { stripe: served.stripe, config, run }
}

function subscribe({ actions }: Awaited<ReturnType<typeof open>>['stripe']) {
  const product = actions.createProduct({ name: 'Small' }).id
  const recurring = { interval: 'month' } as const
  const price = actions.createPrice({ product, currency: 'usd', unit_amount: 1000, recurring }).id
  const customer = actions.createCustomer({ email: 'ada@example.com' }).id
  actions.setPaymentMethod(customer, 'ok')
  return actions.createSubscription({ customer, price })
}

test('stripe reconcile says what it took in, and nothing on stderr where no terminal reads it', async () => {
  const { stripe, run } = await open()
  const { id } = subscribe(stripe)
  const dry = await run('--dry-run', '--json', '--since', '30d')
  expect(dry).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, ledger: { applied: 0 }, drift: [] })

  const { code, stdout, stderr } = await run()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(
    /^\d+ events seen, \d+ missed ones taken in\n\d+ events applied, 0 ignored, 0 failed, 0 dead\n/,
  )
  expect(stdout).toContain('1 subscriptions of 1 customers compared, 0 drifted\n')

  // An event that neither the webhook brought nor Stripe lists.
  stripe.delivery.forget()
  stripe.state.subscriptions()[0]!.items.data[0]!.quantity = 3
  stripe.actions.advance(2000)
  expect((await run()).stdout).toContain(`${id}: mended\n  quantity: 1 -> 3\n`)
})

test('stripe reconcile names in one line what is away', async () => {
  const { stripe, run } = await open()
  stripe.faults.down(true)
  const { code, stdout, stderr } = await run()
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^authlance: stripe: away[^\n]*\n$/)

  const away = { host: '127.0.0.1', port: 9, user: 'ada', password: 'hunter2hunter2', dbname: 'auth' }
  expect(await runCli('stripe', 'reconcile', '--config', configOf({}, away))).toEqual({
    code: 1,
    stdout: '',
    stderr: 'authlance: database: connect ECONNREFUSED 127.0.0.1:9\n',
  })
  const config = configOf({ secretKey: '' }, { file: ':memory:' })
  expect(await runCli('stripe', 'reconcile', '--config', config)).toMatchObject({
    code: 1,
    stderr: 'authlance: stripe.secretKey is not configured\n',
  })
})

test.each([
  [['stripe'], 'a command is missing'],
  [['stripe', 'reconcile', 'now'], 'unexpected argument now'],
  [
    ['stripe', 'reconcile', '--since', 'yesterday'],
    '--since needs 90s, 30m, 24h, 7d or an ISO 8601 time with its zone',
  ],
  [['stripe', 'reconcile', '--force'], "unknown option '--force'"],
])('%j shows the usage', async (args, mistake) => {
  const { code, stdout, stderr } = await runCli(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr.startsWith(`authlance: ${mistake}\n\n`)).toBe(true)
  expect(stderr).toContain('USAGE authlance stripe')
})
