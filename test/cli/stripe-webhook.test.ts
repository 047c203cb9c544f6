import { describe, expect, test } from 'vitest'
import { HANDLED_EVENTS } from '../../lib/billing/ledger/handled-events.ts'
import { webhookUrl } from '../../lib/billing/webhook-endpoint/webhook-url.ts'
import { writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { startStripe } from '../parts/stripe.ts'

const NOWHERE = 'http://127.0.0.1:9'
const KEY = 'sk_test_webhook_command'
const URL = 'https://auth.example.com/authlance/payments/api/v1/stripe/webhook'

async function open() {
  const served = await startStripe({ secretKey: KEY })
  const config = configOf({ apiBase: served.url })
  const endpoints = () => served.stripe.state.endpoints()
  const create = (url: string, metadata = {}) =>
    served.stripe.actions.createWebhookEndpoint({ url, enabledEvents: ['charge.succeeded'], metadata })
  const run = (...args: string[]) => runCli('stripe-webhook', '--config', config, ...args)
  return { stripe: served.stripe, url: served.url, endpoints, create, run }
}

function configOf(stripe: object): string {
  const keys = { secretKey: KEY, webhookBaseUrl: 'https://auth.example.com', maxRetries: 0, ...stripe }
  const kratos = { url: NOWHERE, adminUrl: NOWHERE }
  return writeConfig({ kratos, database: { file: ':memory:' }, stripe: keys })
}

describe('stripe-webhook', () => {
  test('ten runs leave one endpoint, and tell its secret once, alone on stdout', async () => {
    const { endpoints, run } = await open()
    const first = await run()
    const { secrets, url, enabled_events, api_version } = endpoints()[0]!
    expect(first).toEqual({
      code: 0,
      stdout: `${secrets[0]!.value}\n`,
      stderr: `create an endpoint at ${URL}\n`,
    })
    expect(url).toBe(URL)
    expect(enabled_events.toSorted()).toEqual(HANDLED_EVENTS.toSorted())
    expect(api_version).toBe('2026-08-26.dahlia')

    for (let n = 2; n <= 10; n++) {
      const { code, stdout, stderr } = await run()
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toMatch(/^nothing to do: we_/)
    }
    expect(endpoints()).toHaveLength(1)
  })

  test('asks for the events that are handled, no more and no less, and enables what was disabled', async () => {
    const { endpoints, create, run } = await open()
    const { id } = create(URL)
    endpoints()[0]!.status = 'disabled'
    const { code, stdout, stderr } = await run()
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain(`update ${id} at ${URL}\n  enable it\n`)
    expect(stderr).toContain('  - charge.succeeded\n')
    expect(stderr).toContain('  + invoice.paid\n')
    expect(endpoints()).toMatchObject([{ id, status: 'enabled', enabled_events: [...HANDLED_EVENTS] }])
  })

  test('a dry run shows each plan and changes nothing', async () => {
    const { endpoints, create, run } = await open()
    expect(await run('--dry-run')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `create an endpoint at ${URL}\n`,
    })
    expect(endpoints()).toEqual([])
    const { id } = create(URL)
    expect((await run('--dry-run')).stderr).toContain(`update ${id}`)
    expect((await run('--dry-run', '--rotate')).stderr).toContain(`then delete ${id}`)
    expect(endpoints()).toMatchObject([{ id, enabled_events: ['charge.succeeded'] }])
  })

  test('a rotation leaves one endpoint with another secret', async () => {
    const { endpoints, run } = await open()
    const { stdout: former } = await run()
    const { id } = endpoints()[0]!
    const { code, stdout, stderr } = await run('--rotate')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^whsec_\w+\n$/)
    expect(stdout).not.toBe(former)
    expect(stderr).not.toContain(stdout.trim())
    expect(endpoints()).toHaveLength(1)
    expect(endpoints()[0]!.id).not.toBe(id)
    expect((await run()).stderr).toMatch(/^nothing to do/)
  })

  test('an interrupted rotation is told, and done anew', async () => {
    const { endpoints, create, run } = await open()
    const former = create(URL)
    const unfinished = create(URL, { authlance_replaces: former.id })
    expect(await run()).toEqual({
      code: 1,
      stdout: '',
      stderr: 'authlance: a rotation of the webhook secret was interrupted: run it again with --rotate\n',
    })
    const { code, stdout } = await run('--rotate')
    expect(code).toBe(0)
    expect(endpoints()).toHaveLength(1)
    expect([former.id, unfinished.id]).not.toContain(endpoints()[0]!.id)
    expect(stdout).toBe(`${endpoints()[0]!.secrets[0]!.value}\n`)
  })

  test('several endpoints for the URL are left to a person', async () => {
    const { endpoints, create, run } = await open()
    const ids = [create(URL).id, create(URL).id]
    for (const args of [[], ['--rotate']]) {
      const { code, stdout, stderr } = await run(...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^authlance: 2 webhook endpoints have the URL [^\n]+ delete all but one\n$/)
      for (const id of ids) expect(stderr).toContain(id)
    }
    expect(endpoints()).toHaveLength(2)
  })

  test('at the cap of 16 nothing is made, and one line says so', async () => {
    const { endpoints, create, run } = await open()
    for (let n = 0; n < 16; n++) create(`https://other.example.com/${n}`)
    const { code, stdout, stderr } = await run()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^authlance: Stripe allows 16 webhook endpoints[^\n]+\n$/)
    expect(endpoints()).toHaveLength(16)
  })

  test('Stripe away, a key that is refused, or what is not configured ends it in one line', async () => {
    const { stripe, run, url } = await open()
    stripe.faults.down(true)
    const { code, stderr } = await run()
    expect(code).toBe(1)
    expect(stderr).toBe('authlance: stripe: away: it answered 503\n')
    stripe.faults.down(false)
    const wrong = configOf({ secretKey: 'sk_test_another', apiBase: url })
    expect(await runCli('stripe-webhook', '--config', wrong)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'authlance: stripe: away: stripe.secretKey is refused (401)\n',
    })
    const nobody = configOf({ apiBase: NOWHERE })
    expect((await runCli('stripe-webhook', '--config', nobody)).stderr).toBe(
      'authlance: stripe: away: no connection, or no answer in time\n',
    )
    const without = configOf({ webhookBaseUrl: '' })
    expect(await runCli('stripe-webhook', '--config', without)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'authlance: stripe.webhookBaseUrl is not configured\n',
    })
  })

  test.each([
    [['extra'], 'unexpected argument extra'],
    [['--rotat'], "unknown option '--rotat'"],
  ])('shows its usage for %j', async (args, mistake) => {
    const { code, stdout, stderr } = await runCli('stripe-webhook', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`authlance: ${mistake}\n`)
    expect(stderr).toContain('USAGE authlance stripe-webhook')
  })
})

test.each([
  ['https://a.example', 'https://a.example/authlance/payments/api/v1/stripe/webhook'],
  ['https://a.example/', 'https://a.example/authlance/payments/api/v1/stripe/webhook'],
  ['https://a.example/authlance', 'https://a.example/authlance/payments/api/v1/stripe/webhook'],
  ['https://a.example/x/authlance/payments/', 'https://a.example/x/authlance/payments/api/v1/stripe/webhook'],
  [URL, URL],
  ['https://a.example/webhook', 'https://a.example/webhook/authlance/payments/api/v1/stripe/webhook'],
])('the webhook below %s is %s', (base, url) => {
  expect(webhookUrl(base)).toBe(url)
})
