import { expect, test } from 'vitest'
import type { ServedStripe } from '../../../../runtime/dev/stripe/serve-stripe.ts'
import { startStripe, stock, stripeClient, subscribe } from './start-stripe.ts'

async function openCheckout({ stripe, url }: ServedStripe, name = 'Small') {
  const product = stripe.actions.createProduct({ name })
  const price = stripe.actions.createPrice({
    product: product.id,
    currency: 'usd',
    unit_amount: 1000,
    recurring: { interval: 'month' },
  })
  return stripeClient(url).checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'https://shop.example/done?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/back',
  })
}

function press(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
}

test('the checkout page shows what is bought, and Pay leads back with the session', async () => {
  const served = await startStripe()
  const session = await openCheckout(served)
  const page = await (await fetch(session.url!)).text()
  expect(page).toContain('1 × Small, $10.00 per month')
  expect(page).toContain('>Pay</button>')

  const paid = await press(session.url!, { action: 'pay', email: 'ada@example.com' })

  expect(paid.status).toBe(303)
  expect(paid.headers.get('location')).toBe(`https://shop.example/done?session=${session.id}`)
  expect(served.stripe.state.customers()).toMatchObject([{ email: 'ada@example.com' }])
  expect(await (await fetch(session.url!)).text()).toContain('This has been completed')
})

test('Decline stays on the page and says so, Cancel leads back and leaves the session open', async () => {
  const served = await startStripe()
  const session = await openCheckout(served)

  const declined = await press(session.url!, { action: 'decline', email: 'ada@example.com' })
  const cancelled = await press(session.url!, { action: 'cancel' })

  expect(declined.status).toBe(402)
  const page = await declined.text()
  expect(page).toContain('Your card was declined.')
  expect(page).toContain('value="ada@example.com"')
  expect([cancelled.status, cancelled.headers.get('location')]).toEqual([303, 'https://shop.example/back'])
  expect(served.stripe.state.sessions()).toMatchObject([{ status: 'open' }])
})

test('Pay pressed twice buys once', async () => {
  const served = await startStripe()
  const session = await openCheckout(served)

  await Promise.all([1, 2].map(() => press(session.url!, { action: 'pay', email: 'ada@example.com' })))

  expect(served.stripe.state.subscriptions()).toHaveLength(1)
})

test('an expired session says so', async () => {
  const served = await startStripe()
  const session = await openCheckout(served)
  served.stripe.actions.expireCheckout(session.id)

  const page = await fetch(session.url!)

  expect(page.status).toBe(410)
  expect(await page.text()).toContain('expired')
  expect((await press(session.url!, { action: 'pay' })).status).toBe(410)
})

test('what others named is text, never markup, and the policy lets nothing else in', async () => {
  const served = await startStripe()
  const session = await openCheckout(served, '<script>alert("x")</script>')

  const response = await fetch(session.url!)

  const page = await response.text()
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)')
  const policy = response.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain(`form-action ${served.url} https://shop.example`)
})

test('the portal changes the plan, ends and keeps the subscription, and changes the card', async () => {
  const { stripe, url } = await startStripe()
  const { small, large } = stock(stripe)
  const subscription = subscribe(stripe, small)
  const portal = await stripeClient(url).billingPortal.sessions.create({
    customer: subscription.customer,
    return_url: 'https://shop.example/account',
  })
  const page = await (await fetch(portal.url)).text()
  expect(page).toContain('Small, $10.00 per month')
  expect(page).toContain('href="https://shop.example/account"')
  const own = { subscription: subscription.id }

  const changed = await press(portal.url, { ...own, action: 'change', price: large })
  expect(changed.headers.get('location')).toBe(portal.url)
  expect(subscription.items.data[0]!.price.id).toBe(large)
  await press(portal.url, { ...own, action: 'cancel' })
  expect(subscription.cancel_at_period_end).toBe(true)
  await press(portal.url, { ...own, action: 'resume' })
  expect(subscription.cancel_at_period_end).toBe(false)
  await press(portal.url, { action: 'card-declined' })
  expect(await (await fetch(portal.url)).text()).toContain('Ends in 0341, and will be declined.')
})

test('the portal of one customer changes nothing of another', async () => {
  const { stripe, url } = await startStripe()
  const { small } = stock(stripe)
  const other = subscribe(stripe, small)
  const { id: customer } = stripe.actions.createCustomer()
  const portal = await stripeClient(url).billingPortal.sessions.create({ customer })

  await press(portal.url, { subscription: other.id, action: 'cancel' })

  expect(other.cancel_at_period_end).toBe(false)
})

test('an open invoice is paid on its page', async () => {
  const { stripe } = await startStripe()
  const subscription = subscribe(stripe, stock(stripe).small, { card: 'declined' })
  stripe.actions.setPaymentMethod(subscription.customer, 'ok')
  const [invoice] = stripe.state.invoices()
  expect(await (await fetch(invoice!.hosted_invoice_url!)).text()).toContain('Pay now')

  await press(invoice!.hosted_invoice_url!, { action: 'pay' })

  expect(subscription.status).toBe('active')
  expect(await (await fetch(invoice!.hosted_invoice_url!)).text()).not.toContain('Pay now')
})

test('a stand-in may be served below a path', async () => {
  const { stripe, url } = await startStripe({ baseUrl: 'http://127.0.0.1:8000/dev/stripe' })
  const { small } = stock(stripe)
  const response = await fetch(`${url}/dev/stripe/v1/prices/${small}`, {
    headers: { authorization: 'Bearer sk_test_any' },
  })

  expect(await response.json()).toMatchObject({ id: small })
})

test('there is no other page', async () => {
  const { url } = await startStripe()
  for (const path of ['/', '/checkout/none', '/portal/none', '/invoice/none', '/receipt/none']) {
    expect((await fetch(`${url}${path}`)).status).toBe(404)
  }
})
