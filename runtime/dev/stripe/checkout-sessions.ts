import { emit } from './events.ts'
import { type NewCheckoutSession, newSession } from './new-checkout-session.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredCheckoutSession } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

const SHORTEST_SECONDS = 1800
const LONGEST_SECONDS = 86_400
const SHORTEST_TRIAL_SECONDS = 2 * 86_400

export function createCheckoutSession(standIn: StandIn, wanted: NewCheckoutSession): StoredCheckoutSession {
  const { store, agenda, clock } = standIn
  checkItems(wanted)
  checkTrial(standIn, wanted)
  const expiresAt = wanted.expiresAt ?? clock.seconds() + LONGEST_SECONDS
  checkExpiry(expiresAt - clock.seconds())
  const session = newSession(standIn, wanted, expiresAt)
  store.checkoutSessions.set(session.id, session)
  agenda.set('checkout-expires', session.id, expiresAt)
  return session
}

/** @throws 400 unless it is open */
export function expireCheckoutSession(
  standIn: StandIn,
  session: StoredCheckoutSession,
): StoredCheckoutSession {
  if (session.status !== 'open') {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    )
  }
  session.status = 'expired'
  session.url = null
  standIn.agenda.set('checkout-expires', session.id, null)
  emit(standIn, 'checkout.session.expired', session)
  return session
}

function checkTrial(standIn: StandIn, { subscriptionData }: NewCheckoutSession): void {
  const end = subscriptionData?.trial_end
  if (!end || end >= standIn.clock.seconds() + SHORTEST_TRIAL_SECONDS) return
  throw invalidRequest('The `trial_end` date has to be at least 2 days in the future.', {
    param: 'subscription_data[trial_end]',
  })
}

function checkItems({ mode, items, customer, customerEmail }: NewCheckoutSession): void {
  if (customer && customerEmail) {
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.')
  }
  if (items.length === 0) {
    throw invalidRequest('Missing required param: line_items.', {
      code: 'parameter_missing',
      param: 'line_items',
    })
  }
  const inactive = items.findIndex(({ price }) => !price.active)
  if (inactive >= 0) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', {
      param: `line_items[${inactive}][price]`,
    })
  }
  const recurring = items.filter(({ price }) => price.type === 'recurring').length
  if (mode === 'payment' && recurring > 0) {
    throw invalidRequest(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      { param: 'line_items' },
    )
  }
  if (mode === 'subscription' && recurring < items.length) {
    throw invalidRequest('The stand-in sells recurring prices alone in `subscription` mode.', {
      param: 'line_items',
    })
  }
}

function checkExpiry(seconds: number): void {
  const [bound, words] =
    seconds < SHORTEST_SECONDS
      ? ['at least', '30 minutes']
      : seconds > LONGEST_SECONDS
        ? ['less than', '24 hours']
        : []
  if (bound === undefined) return
  throw invalidRequest(
    `The \`expires_at\` timestamp must be ${bound} ${words} from Checkout Session creation.`,
    {
      param: 'expires_at',
    },
  )
}
