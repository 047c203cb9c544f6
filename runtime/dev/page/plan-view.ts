import type { TokenUser as User } from '../../../lib/auth/loop-token.ts'
import type { CustomerMove, CustomerNow } from '../customer-moves.ts'
import type { Group } from './account.ts'
import { loadCustomer, loadSubscription, moveCustomer, openPortal, type Subscription } from './billing.ts'
import { announce, byId, element } from './dom.ts'
import { sentenceOf } from './http.ts'

export interface GroupPlan {
  group: Group
  /** Absent when the group never had one. */
  subscription?: Subscription
  /** Absent for a plan that nobody pays for. */
  customer?: CustomerNow
}

const LIVE = ['active', 'trialing', 'past_due', 'unpaid', 'paused']

export async function loadPlans({ identity }: User, groups: Group[]): Promise<GroupPlan[]> {
  return Promise.all(
    groups.map(async (group) => {
      const subscription = await loadSubscription(identity, group.name)
      const customer = subscription?.billingCustomerId && (await loadCustomer(subscription.billingCustomerId))
      return { group, ...(subscription && { subscription }), ...(customer && { customer }) }
    }),
  )
}

/** Whether the group pays for something that goes on. */
export function isBought({ subscription }: GroupPlan): boolean {
  return subscription?.billingCustomerId !== undefined && LIVE.includes(subscription.status)
}

/** Shows what each group is on, with what may happen to it next. @param moved called once something has happened */
export function showPlans(plans: GroupPlan[], moved: () => Promise<void>): void {
  const focused = document.activeElement?.getAttribute('data-move')
  byId('plan-list').replaceChildren(...plans.map((plan) => planItem(plan, moved)))
  if (focused) byId('plan-list').querySelector<HTMLElement>(`[data-move="${focused}"]`)?.focus()
}

function planItem({ group, subscription, customer }: GroupPlan, moved: () => Promise<void>): HTMLElement {
  const { tierName = 'No plan', status, billingCustomerId } = subscription ?? {}
  const tone = status === 'active' || status === 'trialing' ? '' : 'warm'
  const badge = status ? [element('span', { class: `badge ${tone}`.trim() }, status)] : []
  return element(
    'li',
    {},
    element('div', { class: 'name' }, tierName, element('span', { class: 'slug' }, group.name), ...badge),
    element('p', { class: 'muted small' }, planWords(subscription, customer)),
    ...(billingCustomerId && customer ? [controls(billingCustomerId, group, customer, moved)] : []),
  )
}

function planWords(subscription: Subscription | undefined, customer: CustomerNow | undefined): string {
  if (!subscription) return 'Choose a plan below.'
  if (!customer) {
    const until = subscription.endDate ? ` until ${day(Date.parse(subscription.endDate))}` : ''
    return `Free${until}; nobody pays for it.`
  }
  const { time, card, owing, subscription: current } = customer
  const words = [`It is ${day(time)} for this customer.`]
  if (owing)
    words.push(`${owing.tries === 1 ? 'One try' : `${owing.tries} tries`} to collect the bill failed.`)
  else if (current) words.push(`The next bill comes on ${day(current.nextBill)}.`)
  if (card) words.push(`The card ends in ${card.last4}${card.works ? '' : ' and will be declined'}.`)
  return words.join(' ')
}

function controls(
  customerId: string,
  group: Group,
  { subscription, owing, card }: CustomerNow,
  moved: () => Promise<void>,
): HTMLElement {
  const button = (text: string, id: string, press: () => Promise<string>) => {
    const made = element(
      'button',
      { type: 'button', 'data-move': `${group.name} ${id}`, 'aria-label': `${text}: ${group.name}` },
      text,
    )
    made.addEventListener('click', async () => announce(await press()))
    return made
  }
  const move = (text: string, wanted: CustomerMove, done: string) =>
    button(text, wanted.startsWith('card') ? 'card' : 'time', async () => {
      const answer = await moveCustomer(customerId, wanted)
      await moved()
      return answer.status === 200 ? done : sentenceOf(answer)
    })
  return element(
    'p',
    { class: 'actions' },
    button('Manage', 'portal', async () => {
      const answer = await openPortal(customerId)
      if (answer.status !== 200) return sentenceOf(answer)
      location.assign(answer.body.url)
      return 'The portal opens.'
    }),
    ...(owing?.nextTry
      ? [move('Go to the next try', 'next-try', 'Stripe has tried again.')]
      : subscription
        ? [move('Go to the next bill', 'next-bill', 'The time has come for the bill.')]
        : []),
    card?.works === false
      ? move('Let the card work', 'card-ok', 'The card works again.')
      : move('Let the card be declined', 'card-declined', 'The card will be declined.'),
  )
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toLocaleDateString(undefined, { dateStyle: 'medium' })
}
