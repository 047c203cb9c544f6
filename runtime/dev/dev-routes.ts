import * as z from 'zod'
import type { Env } from '../../lib/env.ts'
import type { EventMessage } from '../../lib/events/bus.ts'
import { eventMessage } from '../../lib/events/message.ts'
import { ApiError } from '../../lib/http/errors.ts'
import { operation } from '../../lib/http/operation.ts'
import { type Route, route } from '../../lib/http/route.ts'
import { CustomerMove, type CustomerMoves, type CustomerNow } from './customer-moves.ts'
import { ADMINISTRATOR } from './dev-config.ts'
import type { LiveFeed, LiveMessage } from './live-feed.ts'
import type { Mail } from './ory/ory-emulator.ts'
import { readPageFile } from './page-files.ts'

export interface DevSources {
  feed: LiveFeed
  /** The oldest first. */
  mails(): Mail[]
  moves: CustomerMoves
  /** Adds the pages that real Kratos and Hydra send browsers to. */
  realOry: boolean
}

/** How much of the past a page is shown. */
const KEPT = 50
/** What Stripe sent, as it came: shown as it comes, so that it does not crowd the past out. */
const RAW_SUBJECT = 'stripe.webhook.event'
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/**
 * The page and what it listens to. They show codes and credentials to whoever asks, so they exist on a developer's
 * machine alone and answer to its own names alone: a foreign name that resolves here is somebody's trick.
 */
export function devRoutes({ feed, mails, moves, realOry }: DevSources): Route[] {
  const get = (path: string, summary: string, handle: (env: Env, params: { name: string }) => unknown) =>
    route(path, {
      GET: operation({
        summary,
        access: 'public',
        params: z.object({ name: z.string().default('index.html') }),
        responses: { 200: z.unknown() },
        handle({ env, params, request }) {
          requireOwnName(request)
          return handle(env, params)
        },
      }),
    })
  const pageFile = async (_env: Env, { name }: { name: string }) => {
    const file = await readPageFile(name)
    if (!file) throw new ApiError('not_found')
    return file
  }
  const oidcPage = (env: Env) => pageFile(env, { name: 'oidc.html' })
  const oryPages = [
    ...['/login', '/consent', '/logout'].map((path) =>
      get(path, 'A page around third-party applications', oidcPage),
    ),
    ...['/register', '/recovery', '/verify', '/error', '/user/profile'].map((path) =>
      get(path, 'The page', pageFile),
    ),
  ]
  return [
    get('/', 'The page', pageFile),
    // Where a checkout and the portal lead back to, as in the dashboard.
    get('/subscription/payment/success', 'The page, after a payment', pageFile),
    get('/subscription/plan-updated', 'The page, after the portal', pageFile),
    get('/dev/page/{name}', 'A file of the page', pageFile),
    get('/dev/stack', 'What this stack was started with', () => ({ administrator: ADMINISTRATOR })),
    get('/dev/mails', 'Every mail so far', mails),
    get('/dev/events', 'Events and mails as they come', async (env) =>
      feed.open([
        ...(await recentEvents(env)).map(eventOnPage),
        ...mails().slice(-KEPT).map(mailOnPage),
        { kind: 'ready', data: null },
      ]),
    ),
    customerRoute(moves),
    ...(realOry ? oryPages : []),
  ]
}

/** A customer at the stand-in for Stripe, and what may happen to it. JSON alone is taken, so that no foreign page's form gets in. */
function customerRoute(moves: CustomerMoves): Route {
  const params = z.object({ customer: z.string() })
  const responses = { 200: z.unknown() }
  return route('/dev/stripe/customers/{customer}', {
    GET: operation({
      summary: 'How a customer stands',
      access: 'public',
      params,
      responses,
      handle({ params: { customer }, request }) {
        requireOwnName(request)
        return known(moves.look(customer))
      },
    }),
    POST: operation({
      summary: 'Lets something happen to a customer',
      access: 'public',
      params,
      body: { json: z.object({ move: CustomerMove }) },
      responses,
      handle({ params: { customer }, body: { move }, request }) {
        requireOwnName(request)
        return known(moves.make(customer, move))
      },
    }),
  })
}

export function eventOnPage({ id, subject, data }: EventMessage): LiveMessage {
  return { kind: 'event', data: { id, subject, message: JSON.parse(data) } }
}

export function mailOnPage({ id, recipient, subject, templateType, code, createdAt }: Mail): LiveMessage {
  return { kind: 'mail', data: { id, recipient, subject, templateType, code, createdAt } }
}

async function recentEvents({ db }: Env): Promise<EventMessage[]> {
  const query = db.selectFrom('event_outbox').selectAll().where('subject', '!=', RAW_SUBJECT)
  const rows = await query.orderBy('seq', 'desc').limit(KEPT).execute()
  return rows.reverse().map((row) => eventMessage(row, undefined))
}

/** @throws {ApiError} `not_found` under a foreign name */
function requireOwnName(request: Request): void {
  if (!OWN_NAMES.includes(new URL(request.url).hostname)) throw new ApiError('not_found')
}

function known(customer: CustomerNow | undefined): CustomerNow {
  if (!customer) throw new ApiError('not_found')
  return customer
}
