import { acceptsJson, isJsonRequest } from './accept.ts'
import { redirectBrowserTo } from './continue-with.ts'
import { publicUrl } from './emulator.ts'
import { type Exchange, json, redirect } from './exchange.ts'
import type { Flow } from './flow.ts'
import { addProblems, answerForeignError } from './flow-errors.ts'
import { failure } from './flow-failure.ts'
import { flowPage, loadFlow, refuseExpiredFlow, saveFlow } from './flows.ts'
import { IdentifierTaken, updateIdentity } from './identities.ts'
import { KratosError, kratosError, noActiveSession } from './kratos-error.ts'
import { duplicateIdentifier, settingsSaved } from './messages.ts'
import { secureReturnTo } from './return-to.ts'
import type { Handler, Route } from './router.ts'
import { forwarding } from './self-service-errors.ts'
import type { Session } from './session.ts'
import { findSession, issueCookie } from './session-cookie.ts'
import { createSettings, settingsJson } from './settings-form.ts'
import { ConfirmationDue, readChange, type SettingsChange } from './settings-methods.ts'
import { sortNodes } from './sort-nodes.ts'
import { startVerification } from './verification-start.ts'
import { withFlow } from './with-flow.ts'

export const settingsRoutes: Route[] = [
  { method: 'GET', path: '/self-service/settings/browser', handle: forwarding(begin) },
  { method: 'GET', path: '/self-service/settings/api', handle: beginApi },
  { method: 'GET', path: '/self-service/settings/flows', handle: signedIn(show) },
  { method: 'POST', path: '/self-service/settings', handle: signedIn(submit) },
  { method: 'GET', path: '/self-service/settings', handle: signedIn(submit) },
]

function begin(exchange: Exchange): Response {
  const { emulator, request, url } = exchange
  const session = findSession(exchange)
  if (!session) {
    if (isJsonRequest(request)) throw noActiveSession()
    const returnTo = url.searchParams.get('return_to')
    return redirect(
      exchange,
      publicUrl(emulator, '/self-service/login/browser', returnTo ? { return_to: returnTo } : {}),
    )
  }
  const flow = createSettings(exchange, session.identity, 'browser')
  return acceptsJson(request)
    ? json(exchange, settingsJson(exchange, flow))
    : redirect(exchange, flowPage(emulator, flow))
}

function beginApi(exchange: Exchange): Response {
  const session = findSession(exchange)
  if (session)
    return json(exchange, settingsJson(exchange, createSettings(exchange, session.identity, 'api')))

  const { detail } = noActiveSession()
  throw new KratosError({
    ...detail,
    reason: 'This endpoint can only be accessed with a valid session. Please log in and try again.',
  })
}

/** Lets only signed-in people through: a script gets 401, a browser the login page. */
function signedIn(handle: (exchange: Exchange, session: Session) => Response | Promise<Response>): Handler {
  return (exchange) => {
    const session = findSession(exchange)
    if (session) return handle(exchange, session)
    if (!isJsonRequest(exchange.request)) return redirect(exchange, exchange.emulator.uiUrls.login, 302)
    throw kratosError(401, { reason: 'A valid Ory Session Cookie or Ory Session Token is missing.' })
  }
}

function show(exchange: Exchange, session: Session): Response {
  const flow = loadFlow(exchange.emulator, 'settings', exchange.url.searchParams.get('id') ?? '')
  if (flow.identityId !== session.identity.id) {
    throw foreignFlow('The request was made for another identity and has been blocked for security reasons.')
  }
  refuseExpiredFlow(exchange, flow)
  return json(exchange, settingsJson(exchange, flow))
}

function submit(exchange: Exchange, session: Session): Promise<Response> {
  return withFlow(exchange, 'settings', {
    renew: ({ type }) => createSettings(exchange, session.identity, type),
    answer: (flow) => change(exchange, flow, session),
  })
}

async function change(exchange: Exchange, flow: Flow, session: Session): Promise<Response> {
  try {
    if (flow.identityId !== session.identity.id) {
      throw foreignFlow(
        'The request was initiated by someone else and has been blocked for security reasons. Please go back and try again.',
      )
    }
    const mayResume = flow.type === 'browser' && !isJsonRequest(exchange.request)
    return apply(exchange, flow, session, await readChange(exchange, flow, session, mayResume))
  } catch (error) {
    if (error instanceof ConfirmationDue) return askForPassword(exchange, flow)
    return answerError(
      exchange,
      flow,
      error instanceof IdentifierTaken ? failure(duplicateIdentifier) : error,
    )
  }
}

function apply(exchange: Exchange, flow: Flow, session: Session, change: SettingsChange): Response {
  const { emulator, request } = exchange
  const returnTo = secureReturnTo(emulator, flow.requestUrl, flowPage(emulator, flow))
  const identity = updateIdentity(emulator, change.identity, change.passwordHash)
  flow.ui = createSettings(exchange, identity, flow.type).ui
  flow.ui.messages = [settingsSaved]
  flow.state = 'success'
  saveFlow(emulator, flow)

  flow.continueWith = startVerification(exchange, identity, flow)
  if (flow.type === 'api') return json(exchange, settingsJson(exchange, flow))

  issueCookie(exchange, session)
  if (!isJsonRequest(request)) return redirect(exchange, returnTo)
  flow.continueWith.push(redirectBrowserTo(returnTo))
  return json(exchange, settingsJson(exchange, flow))
}

function answerError(exchange: Exchange, flow: Flow, error: unknown): Response {
  const { emulator, request } = exchange
  if (!addProblems(flow, error)) return answerForeignError(exchange, flow, error)

  sortNodes('settings', flow.ui)
  saveFlow(emulator, flow)
  if (flow.type === 'browser' && !isJsonRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  return json(exchange, settingsJson(exchange, flow), 400)
}

function askForPassword(exchange: Exchange, flow: Flow): Response {
  const { emulator, request, url } = exchange
  const target = publicUrl(emulator, '/self-service/login/browser', {
    refresh: 'true',
    return_to: publicUrl(emulator, url.pathname, Object.fromEntries(url.searchParams)),
  })
  if (flow.type === 'browser' && !isJsonRequest(request)) return redirect(exchange, target)
  throw kratosError(
    403,
    {
      id: 'session_refresh_required',
      reason:
        'The login session is too old and thus not allowed to update these fields. Please re-authenticate.',
    },
    { redirect_browser_to: target },
  )
}

function foreignFlow(reason: string): KratosError {
  return kratosError(403, { id: 'security_identity_mismatch', reason })
}
