import type { CustomerMove, CustomerNow } from '../customer-moves.ts'
import { type Answer, call, sentenceOf } from './http.ts'

const API = '/authlance/identity/api/v1'
const PAY = '/authlance/payments/api/v1'

export interface Subscription {
  tierName: string
  status: string
  billingProvider: string
  billingCustomerId?: string
  endDate?: string
}

export interface Order {
  lookupKey: string
  organizationName: string
  organizationLongName: string
  signature: string
}

/** The plan that a group is on; undefined when it never had one. */
export async function loadSubscription(identity: string, group: string): Promise<Subscription | undefined> {
  const path = `${API}/profile/subscriptions/${encodeURIComponent(identity)}/${encodeURIComponent(group)}/active`
  const { status, body } = await call(path)
  return status === 200 ? body : undefined
}

export function checkName(identity: string, name: string): Promise<Answer> {
  return call(`${API}/profile/my-group/${encodeURIComponent(name)}/${encodeURIComponent(identity)}/available`)
}

export function openCheckout(order: Order): Promise<Answer> {
  return call(`${PAY}/checkout-session`, order)
}

export function openPortal(customerId: string): Promise<Answer> {
  return call(`${PAY}/customer-portal`, { customerId })
}

/** What the dashboard does when a browser comes back from a payment. @returns a sentence when it was refused */
export async function settlePayment(identity: string, sessionId: string): Promise<string | undefined> {
  const session = await call(`${PAY}/session-id`, { sessionId })
  if (session.status === 404) return 'The payment is on its way: the plan comes when the bank has answered.'
  if (session.status !== 200) return sentenceOf(session)
  const id = encodeURIComponent(session.body.subscriptionId)
  const billing = await call(`${API}/profile/subscriptions/${encodeURIComponent(identity)}/billing/${id}`)
  return billing.status === 200 ? undefined : sentenceOf(billing)
}

export async function loadCustomer(id: string): Promise<CustomerNow | undefined> {
  const { status, body } = await call(`/dev/stripe/customers/${encodeURIComponent(id)}`)
  return status === 200 ? body : undefined
}

export function moveCustomer(id: string, move: CustomerMove): Promise<Answer> {
  return call(`/dev/stripe/customers/${encodeURIComponent(id)}`, { move })
}
