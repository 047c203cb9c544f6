import { describe, expect, it } from 'vitest'
import adminSubscriptions from '../../../functions/authlance/identity/api/v1/admin/subscriptions/group/[groupId].ts'
import available from '../../../functions/authlance/identity/api/v1/profile/my-group/[group]/[user]/available.ts'
import active from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import billing from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import tiers from '../../../functions/authlance/identity/api/v1/profile/subscriptions/[user]/tiers.ts'
import checkoutSession from '../../../functions/authlance/payments/api/v1/checkout-session.ts'
import customerPortal from '../../../functions/authlance/payments/api/v1/customer-portal.ts'
import sessionId from '../../../functions/authlance/payments/api/v1/session-id.ts'
import type { Route } from '../../../lib/http/route.ts'
import { call } from '../../parts/call.ts'
import { I, openShop, PAY } from '../../parts/shop.ts'

const READS: [string, Route][] = [
  [`${I}/profile/my-group/acme/me/available`, available],
  [`${I}/profile/subscriptions/me/acme/active`, active],
  [`${I}/profile/subscriptions/me/billing/sub_1`, billing],
  [`${I}/profile/subscriptions/me/tiers`, tiers],
  [`${I}/admin/subscriptions/group/1`, adminSubscriptions],
]
const CHANGES: [string, Route][] = [
  [`${PAY}/checkout-session`, checkoutSession],
  [`${PAY}/customer-portal`, customerPortal],
  [`${PAY}/session-id`, sessionId],
]

describe.each([...READS, ...CHANGES])('%s', (path, route) => {
  const method = CHANGES.some(([changing]) => changing === path) ? 'POST' : 'GET'
  const json = method === 'POST' ? {} : undefined

  it('refuses a caller without a token, with a wrong one, signed out, or banned', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const ask = (headers: Record<string, string>) =>
      call(shop, route, path, { method, headers, ...(json && { json }) })
    const refusals = [await ask({}), await ask({ authorization: 'Bearer wrong' })]
    await shop.env.db.updateTable('users').set({ state: 'inactive' }).execute()
    refusals.push(await ask(ada.headers))
    await shop.env.db.updateTable('sessions').set({ revoked_at: 1 }).execute()
    refusals.push(await ask(ada.headers))
    expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'unauthenticated'],
      [401, 'token_invalid'],
      [403, 'user_banned'],
      [401, 'session_revoked'],
    ])
    expect(shop.stripe.state.sessions()).toEqual([])
  })
})

describe.each(CHANGES)('POST %s', (path, route) => {
  it("refuses a cookie that another site's page sends", async () => {
    const shop = await openShop()
    const { headers } = await shop.signIn('Ada')
    const cookie = `loopToken=${headers['authorization']!.slice('Bearer '.length)}`
    const foreign = { cookie, origin: 'https://evil.example' }
    const { status, body } = await call(shop, route, path, { json: {}, headers: foreign })
    expect([status, body.code]).toEqual([403, 'origin_not_allowed'])
  })
})
