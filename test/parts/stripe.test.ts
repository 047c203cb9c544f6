import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { requirePart } from './available.ts'
import { serveCheckedStripe } from './stripe.ts'

describe.skipIf(requirePart('stripe-mock'))("the check of requests against Stripe's OpenAPI", () => {
  async function complaintsOf(method: string, path: string, body?: string): Promise<string[]> {
    const stripe = await serveCheckedStripe()
    onTestFinished(stripe.close)
    const headers = {
      authorization: 'Bearer sk_test_any',
      'content-type': 'application/x-www-form-urlencoded',
    }
    const response = await fetch(stripe.url + path, { method, headers, ...(body && { body }) })
    await response.body?.cancel()
    return stripe.complaints()
  }

  it('says what is wrong with a parameter that Stripe does not know', async () => {
    expect(await complaintsOf('POST', '/v1/customers', 'shoe_size=44')).toEqual([
      expect.stringContaining('shoe_size'),
    ])
  })

  it('says what is wrong with a value that Stripe does not take', async () => {
    const body = 'url=https%3A%2F%2Fa.example&enabled_events[0]=invoice.eaten'
    expect(await complaintsOf('POST', '/v1/webhook_endpoints', body)).toEqual([
      expect.stringContaining('enabled_events'),
    ])
  })

  it('lets what Stripe takes pass, of an object that it does not know, too', async () => {
    expect(await complaintsOf('POST', '/v1/customers', 'email=ada%40example.com')).toEqual([])
    expect(await complaintsOf('GET', '/v1/subscriptions/sub_1AbCdEfGhIjKlMn')).toEqual([])
    expect(inject('stripeMock')).toBeDefined()
  })
})
