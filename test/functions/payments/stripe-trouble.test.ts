import { describe, expect, it } from 'vitest'
import { openShop } from '../../parts/shop.ts'

describe('while Stripe is in trouble', () => {
  it('slow, down or too busy is 503 with Retry-After, and nothing half-made stays', async () => {
    const shop = await openShop({ stripe: { timeoutMs: 200 } })
    const ada = await shop.signIn('Ada')
    const { faults } = shop.stripe
    for (const [fault, mend] of [
      [() => faults.down(true), () => faults.down(false)],
      [() => faults.rateLimit(5), () => faults.rateLimit(0)],
      [() => faults.delay(400), () => faults.delay(0)],
    ] as const) {
      fault()
      const { status, body, headers } = await shop.buy('acme', ada)
      expect([status, body.code]).toEqual([503, 'payments_unavailable'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      mend()
    }
    expect((await shop.buy('acme', ada)).status).toBe(200)
  })

  it('a failure between the hold and the session frees the name for anybody', async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    await shop.buy('other', ada)
    shop.stripe.faults.down(true)
    expect((await shop.buy('acme', ada)).status).toBe(503)
    shop.stripe.faults.down(false)
    expect((await shop.buy('acme', eve)).status).toBe(200)
  })

  it("the library's own retries carry the idempotency key: a lost answer makes one session", async () => {
    const shop = await openShop({ stripe: { maxRetries: 2 } })
    const ada = await shop.signIn('Ada')
    await shop.buy('other', ada)
    shop.stripe.faults.loseAnswers(1)
    expect((await shop.buy('acme', ada)).status).toBe(200)
    expect(
      shop.stripe.state.sessions().filter((session) => session.client_reference_id === 'acme'),
    ).toHaveLength(1)
  })
})
