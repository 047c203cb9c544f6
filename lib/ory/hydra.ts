import * as z from 'zod'
import type { Config } from '../config.ts'
import { type Trace, traceHeaders } from '../http/trace.ts'
import type { Metrics } from '../metrics.ts'
import {
  type ConsentResult,
  HydraConsentRequest,
  type HydraRefusal,
  type RedirectResult,
  RedirectTo,
} from './hydra-consent.ts'
import { type ConsentQuery, type ConsentsResult, GivenConsent } from './hydra-grants.ts'
import { sendByFetch } from './send-text.ts'
import { type Upstream, type UpstreamFailure, unexpectedStatus, upstreamJson } from './upstream-json.ts'

/** What Hydra made of a call; `refused` is the caller's own fault, told in Hydra's own words. */
export type HydraResult = { kind: 'done'; body: unknown; link?: string } | HydraRefusal | UpstreamFailure

/** The few calls to Hydra's admin API that we make. None throws: trouble is a result. */
export interface Hydra {
  /** A page of the clients; with `link` as Hydra wrote it. */
  listClients(query: ClientQuery, trace: Trace): Promise<HydraResult>
  createClient(client: unknown, trace: Trace): Promise<HydraResult>
  /** @param id not empty, no dot segment and without slashes */
  findClient(id: string, trace: Trace): Promise<HydraResult>
  replaceClient(id: string, client: unknown, trace: Trace): Promise<HydraResult>
  /** @param patch a JSON Patch */
  patchClient(id: string, patch: unknown[], trace: Trace): Promise<HydraResult>
  deleteClient(id: string, trace: Trace): Promise<HydraResult>
  findConsent(challenge: string, trace: Trace): Promise<ConsentResult>
  acceptConsent(challenge: string, accept: ConsentGrant, trace: Trace): Promise<RedirectResult>
  /** Denies access; the client is told that the resource owner did. */
  rejectConsent(challenge: string, trace: Trace): Promise<RedirectResult>
  /** The newest consents that a person has given and that still hold, at most 500. */
  listConsents(query: ConsentQuery, trace: Trace): Promise<ConsentsResult>
}

export interface ClientQuery {
  page_size: number
  page_token?: string
  client_name?: string
  owner?: string
}

export interface ConsentGrant {
  grant_scope: string[]
  grant_access_token_audience: string[]
  remember: boolean
  /** Seconds; 0 would be for ever. */
  remember_for: number
}

/** Undefined where no admin API is configured. */
export function createHydra(
  { adminUrl, timeoutMs }: Pick<Config['hydra'], 'adminUrl' | 'timeoutMs'>,
  metrics: Metrics,
  send = sendByFetch,
): Hydra | undefined {
  if (adminUrl === undefined) return undefined
  const upstream: Upstream = { service: 'hydra', send, timeoutMs, metrics }
  const call: Call = (operation, method, path, trace, body) =>
    callAdmin(upstream, operation, method, `${adminUrl}/admin/${path}`, trace, body)
  const client = (id: string) => `clients/${encodeURIComponent(id)}`

  return {
    listClients: (query, trace) => call('list_clients', 'GET', `clients?${queryText(query)}`, trace),
    createClient: (body, trace) => call('create_client', 'POST', 'clients', trace, body),
    findClient: (id, trace) => call('get_client', 'GET', client(id), trace),
    replaceClient: (id, body, trace) => call('replace_client', 'PUT', client(id), trace, body),
    patchClient: (id, patch, trace) => call('patch_client', 'PATCH', client(id), trace, patch),
    deleteClient: (id, trace) => call('delete_client', 'DELETE', client(id), trace),
    findConsent: (challenge, trace) => findConsent(call, challenge, trace),
    acceptConsent: (challenge, grant, trace) =>
      settleConsent(call, 'accept', challenge, { ...grant, session: {} }, trace),
    rejectConsent: (challenge, trace) => settleConsent(call, 'reject', challenge, DENIED, trace),
    listConsents: (query, trace) => listConsents(call, query, trace),
  }
}

const DENIED = {
  error: 'access_denied',
  error_description: 'The resource owner denied the request.',
  status_code: 403,
}

type Call = (
  operation: string,
  method: string,
  path: string,
  trace: Trace,
  body?: unknown,
) => Promise<HydraResult>

/** What a caller can get wrong; any other refusal is between Hydra and us. */
const CALLERS_FAULT = [400, 404, 409, 410, 413, 422]

async function callAdmin(
  upstream: Upstream,
  operation: string,
  method: string,
  url: string,
  trace: Trace,
  body: unknown,
): Promise<HydraResult> {
  const headers = { accept: 'application/json', ...traceHeaders(trace) }
  const request =
    body === undefined
      ? { method, headers }
      : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
  // A connection that breaks off may have done its work: another client, or the same value twice in a list.
  const tries = method === 'POST' || method === 'PATCH' ? 1 : 2
  const answer = await upstreamJson(upstream, operation, url, request, tries)
  if (answer.kind === 'unavailable') return answer
  const { status, link } = answer
  if (status >= 200 && status < 300) return { kind: 'done', body: answer.body, ...(link && { link }) }
  return CALLERS_FAULT.includes(status)
    ? { kind: 'refused', status, body: answer.body }
    : unexpectedStatus(status)
}

async function findConsent(call: Call, challenge: string, trace: Trace): Promise<ConsentResult> {
  const path = `oauth2/auth/requests/consent?${queryText({ consent_challenge: challenge })}`
  const result = await call('get_consent', 'GET', path, trace)
  if (result.kind === 'unavailable') return result
  if (result.kind === 'refused') return handledOr(result, { kind: 'unknown' })
  const consent = HydraConsentRequest.safeParse(result.body)
  return consent.success
    ? { kind: 'consent', consent: consent.data }
    : { kind: 'unavailable', reason: 'body', status: 200 }
}

async function listConsents(call: Call, query: ConsentQuery, trace: Trace): Promise<ConsentsResult> {
  const path = `oauth2/auth/sessions/consent?${queryText({ ...query, page_size: 500 })}`
  const result = await call('list_consents', 'GET', path, trace)
  if (result.kind === 'unavailable') return result
  if (result.kind === 'refused') return unexpectedStatus(result.status)
  const consents = z.array(GivenConsent).safeParse(result.body)
  return consents.success
    ? { kind: 'consents', consents: consents.data }
    : { kind: 'unavailable', reason: 'body', status: 200 }
}

async function settleConsent(
  call: Call,
  verb: 'accept' | 'reject',
  challenge: string,
  body: unknown,
  trace: Trace,
): Promise<RedirectResult> {
  const path = `oauth2/auth/requests/consent/${verb}?${queryText({ consent_challenge: challenge })}`
  const result = await call(`${verb}_consent`, 'PUT', path, trace, body)
  if (result.kind === 'unavailable') return result
  if (result.kind === 'refused') return handledOr(result, result)
  const redirect = RedirectTo.safeParse(result.body)
  return redirect.success
    ? { kind: 'redirect', redirectTo: redirect.data.redirect_to }
    : { kind: 'unavailable', reason: 'body', status: 200 }
}

/** Hydra answers 410 for what it has settled, with where the browser starts anew. */
function handledOr<Other>({ status, body }: HydraRefusal, other: Other) {
  const redirect = status === 410 ? RedirectTo.safeParse(body) : undefined
  return redirect?.success ? ({ kind: 'handled', redirectTo: redirect.data.redirect_to } as const) : other
}

function queryText(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
}
