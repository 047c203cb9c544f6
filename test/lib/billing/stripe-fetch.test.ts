import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { askStripe } from '../../../lib/billing/stripe-client.ts'
import { parseConfig } from '../../../lib/config.ts'
import { noMetrics } from '../../../lib/metrics.ts'

test.each([
  [200, '"Bad gateway"'],
  [200, '0'],
  [200, 'null'],
  [200, '[]'],
  [200, '{}'],
  [200, '<html>'],
  [200, ''],
  [400, '{}'],
  [404, '"nothing here"'],
  [502, '{"error": "bad gateway"}'],
])(
  'what is no answer of Stripe, such as HTTP %i with %s, counts as Stripe being away',
  async (status, body) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const nowhere = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
    const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const stripe = { secretKey: 'sk_test_key', apiBase, maxRetries: 0 }
    const file = { jwtKey: 'k'.repeat(32), kratos: nowhere, stripe, database: { file: ':memory:' } }
    const { config } = parseConfig(file, { env: {} })

    const services = { config, metrics: noMetrics, clock: { now: () => Date.now() } }
    const answer = await askStripe(services, 'prices.list', (client) => client.prices.list())
    expect(answer).toMatchObject({ kind: 'away' })
  },
)
