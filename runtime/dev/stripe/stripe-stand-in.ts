import { type Actions, createActions } from './actions.ts'
import { createAgenda } from './agenda.ts'
import { handleApi } from './api/handle-api.ts'
import { createClock } from './clock.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { createFaults, type Faults } from './faults.ts'
import { letHappen } from './happenings.ts'
import { handlePage } from './pages/handle-page.ts'
import { readState, type State } from './read-state.ts'
import { loadAccount, saveAccount } from './saved-account.ts'
import { CURRENT_VERSION } from './shapes.ts'
import type { StandIn } from './stand-in.ts'
import { createStore } from './store.ts'

export interface StripeStandInOptions {
  /** Where its own pages are reached: checkout, portal, invoices. */
  baseUrl: string | (() => string)
  /** The one key that is accepted; default any that begins with `sk_test_` or `rk_test_`. */
  secretKey?: string
  /** Milliseconds since the epoch; default the host's clock. */
  now?: () => number
  /** In [0, 1), for ids; default `Math.random`. */
  random?: () => number
  /** How events are sent; default the global `fetch`. */
  webhookFetch?: typeof fetch
  /** How many deliveries may be under way at once; default 8. */
  deliveryConcurrency?: number
  /** The account's version; default the current one. Endpoints and requests may name another. */
  apiVersion?: string
  /** Told after each thing that may have changed the account. */
  onChange?(): void
}

export interface StripeStandIn {
  /** Answers `/v1/*` and the pages `/checkout/{id}`, `/portal/{id}` and `/invoice/{id}`. */
  fetch(request: Request): Promise<Response>
  /** What the account holds now, live: read it, change nothing. */
  state: State
  actions: Actions & {
    /** Moves the account's time on, by milliseconds or to a moment, and lets everything due on the way happen. */
    advance(by: number | { to: number }): void
  }
  delivery: Delivery
  faults: Faults
  /** The account's time in milliseconds. */
  now(): number
  /** Lets happen what real time has made due; every request does so, too. */
  tick(): void
  /** The whole account as JSON. */
  save(): string
  /** Takes the place of everything; what was not delivered is delivered then. */
  load(json: string): void
  /** Ends deliveries. */
  close(): void
}

/**
 * Stands in for Stripe on a developer's machine and in tests: customers, prices, checkout, subscriptions with trials,
 * renewals, declines, prorations and refunds, the portal, events and signed webhooks, in the shapes of several API
 * versions. It has no taxes, coupons, schedules or Connect, and takes no money.
 */
export function createStripeStandIn(options: StripeStandInOptions): StripeStandIn {
  const { baseUrl, now = Date.now, random = Math.random, onChange = () => {} } = options
  const standIn: StandIn = {
    store: createStore(),
    clock: createClock(now),
    agenda: createAgenda(),
    random,
    apiVersion: options.apiVersion ?? CURRENT_VERSION,
    baseUrl: () => (typeof baseUrl === 'string' ? baseUrl : baseUrl()).replace(/\/$/, ''),
    request: null,
    announce: (event) => delivery.add(event),
  }
  const { clock } = standIn
  const faults = createFaults()
  const delivery = createDelivery(standIn, {
    fetch: options.webhookFetch ?? ((input, init) => fetch(input, init)),
    concurrency: options.deliveryConcurrency ?? 8,
    onSettled: onChange,
  })

  function act<T>(work: () => T): T {
    try {
      return clock.during(clock.now(), () => {
        letHappen(standIn, clock.seconds())
        const result = work()
        letHappen(standIn, clock.seconds())
        return result
      })
    } finally {
      delivery.wake()
      onChange()
    }
  }

  function advance(by: number | { to: number }): void {
    const target = typeof by === 'number' ? clock.now() + by : by.to
    if (target < clock.now()) throw new Error('time does not move backwards')
    act(() => letHappen(standIn, Math.floor(target / 1000)))
    clock.move(target - clock.now())
    delivery.wake()
    onChange()
  }

  function tick(): void {
    if (standIn.agenda.isDue(clock.seconds())) act(() => {})
  }

  const acceptsKey = (key: string) =>
    options.secretKey === undefined ? /^[sr]k_test_/.test(key) : key === options.secretKey
  const actions = createActions(standIn, act)
  return {
    async fetch(request) {
      const path = pathWithin(standIn.baseUrl(), request.url)
      if (path.startsWith('/v1/')) return handleApi({ standIn, faults, acceptsKey, act, tick }, request, path)
      return handlePage({ standIn, actions, tick }, request, path)
    },
    state: readState(standIn.store),
    actions: { ...actions, advance },
    delivery,
    faults,
    now: clock.now,
    tick,
    save: () => saveAccount(standIn),
    load(json) {
      loadAccount(standIn, json)
      delivery.restore()
    },
    close: delivery.close,
  }
}

/** The stand-in may be served below a path of another server. */
function pathWithin(baseUrl: string, url: string): string {
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  const { pathname } = new URL(url)
  return prefix !== '' && pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname
}
