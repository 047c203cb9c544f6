import { setTimeout as sleep } from 'node:timers/promises'
import type { CustomerMove, CustomerNow } from '../../runtime/dev/customer-moves.ts'
import { insist } from './insist.ts'
import type { Narrator } from './narrator.ts'
import { shortPath } from './shorten.ts'
import { EVENT_LIMIT_MS, type Shop, type Stage, type Tenant } from './stage.ts'
import type { Visitor } from './visitor.ts'

const API = '/authlance/identity/api/v1'
const PAY = '/authlance/payments/api/v1'
const TIER = 'Standard'

/** Events of the group and its customer alone: what the buyer did before has been told. */
const NOBODY = 'nobody'

export interface Buyer {
  visitor: Visitor
  identity: string
  email: string
  /** Exchanges the session once more, for a token that says what is true now. */
  renew(): Promise<{ verified: boolean; groups: string[]; groupRoles: { group: string; role: string }[] }>
  /** Somebody else, whose eyes are on the same name. */
  rival: Visitor
}

/**
 * A plan from its choice to its second bill: a name, a checkout, a payment, a group; a bill that is declined, then paid.
 * @throws {Surprise} at the first thing that goes otherwise
 */
export async function tellPurchase(stage: Stage, narrator: Narrator, buyer: Buyer): Promise<void> {
  const shop = await stage.shop()
  if (!shop) {
    narrator.chapter('Buy a plan')
    narrator.proven('left out: this product sells through a Stripe that the demo cannot pay at')
    return
  }
  const { visitor, identity } = buyer
  const group = `works-${Date.now().toString(36)}-co`

  narrator.chapter('Choose a plan and a name')
  await shop.verify(identity, buyer.email)
  insist((await buyer.renew()).verified, 'the token says that the address is not verified')
  const tiers = await visitor.get(`${API}/subscriptions/tiers`, { show: prices })
  const { lookupKey } = tiers.body.find(({ tierName }: { tierName: string }) => tierName === TIER)
  const { body: free } = await visitor.get(`${API}/profile/my-group/${group}/${identity}/available`)
  insist(free.available, `${group} is taken`)
  narrator.proven(`${group} can be had, and the signature says so for half an hour`)

  narrator.chapter('Pay at the checkout')
  const order = { lookupKey, organizationName: group, organizationLongName: 'Works & Co' }
  const checkout = await visitor.post(
    `${PAY}/checkout-session`,
    { ...order, signature: free.signature },
    { show: ({ url }) => ({ url }) },
  )
  const held = await buyer.rival.get(`${API}/profile/my-group/${group}/anybody/available`)
  insist(held.body.available === false, 'two can pay for one name')
  const sessionId = await press(narrator, checkout.body.url, 'pay')
  const resolved = await visitor.post(`${PAY}/session-id`, { sessionId })
  const again = await visitor.post(`${PAY}/session-id`, { sessionId })
  insist(
    again.body.subscriptionId === resolved.body.subscriptionId,
    'the second question made another subscription',
  )
  const billing = `${API}/profile/subscriptions/${identity}/billing/${resolved.body.subscriptionId}`
  const { body: bought } = await visitor.get(billing, { show: standing })
  const admin = (await buyer.renew()).groupRoles.find((role) => role.group === group)
  insist(admin?.role === 'group-admin', 'the buyer does not administer the group')
  insist(bought.status === 'trialing', `the plan is ${bought.status}`)
  narrator.proven(`${group} is made, its buyer administers it, and its trial runs`)

  const customer: string = bought.billingCustomerId
  const about = { identity: NOBODY, group, customer }
  const made = ['group.created', 'subscription.created', 'payment.success']
  await hear(stage, narrator, about, made)

  narrator.chapter('Let the trial end on a card that is declined')
  await move(shop, narrator, customer, 'card-declined')
  await move(shop, narrator, customer, 'next-bill')
  await hear(stage, narrator, about, [
    'subscription.trial_ending',
    'payment.declined',
    'subscription.updated',
  ])
  await insistStatus(visitor, { identity, group }, 'past_due')
  narrator.proven('the bill is open, the group goes on as past due, and Stripe will try again')

  narrator.chapter('Pay the bill after all')
  await move(shop, narrator, customer, 'card-ok')
  await move(shop, narrator, customer, 'next-try')
  await hear(stage, narrator, about, ['payment.success', 'payment.success'])
  await insistStatus(visitor, { identity, group }, 'active')
  narrator.proven('the bill is paid once, and the plan is active')
}

/** Presses a button of the checkout page. @returns the id of the session, as the address that the page leads to names it */
async function press(narrator: Narrator, url: string, action: string): Promise<string> {
  narrator.asked('POST', shortPath(new URL(url).pathname.slice(0, 24)), `action=${action}`)
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ action }),
  })
  await response.body?.cancel()
  const location = response.headers.get('location') ?? ''
  narrator.answered(response.status, location.replace(/(session_id=.{12}).*/, '$1…'))
  const sessionId = URL.canParse(location) ? new URL(location).searchParams.get('session_id') : null
  insist(response.status === 303 && sessionId !== null, 'the payment did not lead back')
  return sessionId
}

async function move(shop: Shop, narrator: Narrator, customer: string, wanted: CustomerMove): Promise<void> {
  const { time, subscription, card }: CustomerNow = await shop.move(customer, wanted)
  const cardWords = card ? `, card ${card.works ? 'works' : 'is declined'}` : ''
  const day = new Date(time).toISOString().slice(0, 10)
  narrator.shown(wanted, `${day}: ${subscription?.status ?? 'nothing'} at Stripe${cardWords}`)
}

/** Shows the events of the purchase that were wanted, once they are all told. */
async function hear(stage: Stage, narrator: Narrator, about: Tenant, wanted: string[]): Promise<void> {
  const told = (await stage.events(about, wanted)) ?? []
  for (const subject of new Set(wanted)) {
    const found = told.filter((event) => event.subject === subject)
    const most = wanted.filter((other) => other === subject).length
    if (subject !== 'subscription.updated')
      insist(found.length === most, `${subject} was told ${found.length} times, not ${most}`)
    const last = found.at(-1)!
    narrator.shown(subject, `no. ${last.seq}, id ${last.id}`)
  }
}

/** What an event says stands in the ledger by then, but an event that comes right after it may be on its way. */
async function insistStatus(visitor: Visitor, { identity, group }: Tenant, wanted: string): Promise<void> {
  const path = `${API}/profile/subscriptions/${identity}/${group}/active`
  for (const deadline = Date.now() + EVENT_LIMIT_MS; ; await sleep(250)) {
    const { body } = await visitor.get(path, { show: standing })
    if (body.status === wanted) return
    insist(Date.now() < deadline, `the plan is ${body.status}, not ${wanted}`)
  }
}

function standing({ tierName, status, billingProvider }: Record<string, unknown>): unknown {
  return { tierName, status, billingProvider }
}

function prices(list: { tierName: string; price: number; lookupKey: string }[]): unknown {
  return list.map(({ tierName, price }) => ({ tierName, price }))
}
