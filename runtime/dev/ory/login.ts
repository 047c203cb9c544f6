import { acceptsJson, isJsonRequest } from './accept.ts'
import { continueWithJson, redirectBrowserTo } from './continue-with.ts'
import { passwordHashOf } from './credentials.ts'
import { type Exchange, json, redirect, requestUrl } from './exchange.ts'
import { type Flow, flowJson, returnToOf } from './flow.ts'
import { answerFlowError } from './flow-errors.ts'
import { FlowFailure, failure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { flowPage, saveFlow } from './flows.ts'
import { type FormBody, readForm, refuseGet, textField } from './form-body.ts'
import { findIdentityByIdentifier } from './identities.ts'
import type { Identity } from './identity.ts'
import { KratosError } from './kratos-error.ts'
import { alreadySignedIn, createLogin, sessionRequired } from './login-form.ts'
import { invalidCredentials, noStrategy } from './messages.ts'
import { verifyPassword } from './password.ts'
import { secureReturnTo } from './return-to.ts'
import type { Route } from './router.ts'
import { forwarding } from './self-service-errors.ts'
import { type Session, sessionJson } from './session.ts'
import { findSession, issueCookie } from './session-cookie.ts'
import { openSession } from './sessions.ts'
import { showFlow } from './show-flow.ts'
import { missing } from './traits.ts'
import { setCsrf, setNodeValue } from './ui-nodes.ts'
import { withFlow } from './with-flow.ts'

export const loginRoutes: Route[] = [
  { method: 'GET', path: '/self-service/login/browser', handle: forwarding(begin) },
  {
    method: 'GET',
    path: '/self-service/login/api',
    handle: (exchange) => json(exchange, flowJson(createLogin(exchange, 'api'))),
  },
  { method: 'GET', path: '/self-service/login/flows', handle: (exchange) => showFlow(exchange, 'login') },
  { method: 'POST', path: '/self-service/login', handle: submit },
  { method: 'GET', path: '/self-service/login', handle: submit },
]

function begin(exchange: Exchange): Response {
  const { emulator, request } = exchange
  try {
    const flow = createLogin(exchange, 'browser')
    return acceptsJson(request)
      ? json(exchange, flowJson(flow))
      : redirect(exchange, flowPage(emulator, flow))
  } catch (error) {
    const isSignedIn = error instanceof KratosError && error.detail.id === 'session_already_available'
    if (!isSignedIn || acceptsJson(request)) throw error
    return redirect(exchange, secureReturnTo(emulator, requestUrl(exchange), emulator.uiUrls.default))
  }
}

function submit(exchange: Exchange): Promise<Response> {
  const session = findSession(exchange)
  return withFlow(exchange, 'login', {
    refuse: (flow) => refuse(exchange, flow, session),
    renew: ({ type }) => createLogin(exchange, type),
    async answer(flow) {
      try {
        const identity = await authenticate(exchange, flow)
        return complete(exchange, flow, openSession(exchange, identity, 'password', session))
      } catch (error) {
        return answerFlowError(exchange, flow, error)
      }
    },
  })
}

function refuse(exchange: Exchange, flow: Flow, session: Session | undefined): Response | undefined {
  if (session && !flow.refresh && flow.requestedAal === 'aal1') {
    return isJsonRequest(exchange.request) || flow.type === 'api'
      ? answerFlowError(exchange, flow, alreadySignedIn())
      : redirect(exchange, exchange.emulator.uiUrls.default)
  }
  if (!session && flow.requestedAal !== 'aal1') return answerFlowError(exchange, flow, sessionRequired())
  return undefined
}

async function authenticate(exchange: Exchange, flow: Flow): Promise<Identity> {
  const { emulator } = exchange
  const sent = await readForm(exchange)
  if (textField(sent, 'method') !== 'password' || flow.requestedAal !== 'aal1')
    throw failure(noStrategy.login)

  const body = exchange.request.method === 'GET' ? {} : sent
  try {
    refuseGet(exchange)
    refuseMissingFields(body)
    ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))
    const identity = findIdentityByIdentifier(emulator.database, 'password', identifierOf(body))
    const isRight = await verifyPassword(
      textField(body, 'password'),
      identity ? passwordHashOf(identity) : '',
    )
    if (!identity || !isRight) throw failure(invalidCredentials)

    flow.active = 'password'
    saveFlow(emulator, flow)
    return identity
  } catch (error) {
    setNodeValue(flow.ui, 'identifier', identifierOf(body))
    if (flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
    throw error
  }
}

function refuseMissingFields(body: FormBody): void {
  const problems = [
    ...(textField(body, 'password') ? [] : [missing('password')]),
    ...(identifierOf(body) ? [] : [missing('identifier')]),
  ]
  if (problems.length > 0) throw new FlowFailure(problems)
}

function identifierOf(body: FormBody): string {
  return textField(body, 'identifier') || textField(body, 'password_identifier')
}

function complete(exchange: Exchange, flow: Flow, session: Session): Response {
  const { emulator, request } = exchange
  const returnTo = secureReturnTo(emulator, flow.requestUrl, emulator.uiUrls.default, returnToOf(flow))
  if (flow.type === 'api') {
    return json(exchange, {
      session_token: session.token,
      session: sessionJson(emulator, session),
      continue_with: null,
    })
  }

  issueCookie(exchange, session)
  if (!isJsonRequest(request)) return redirect(exchange, returnTo)
  return json(exchange, {
    session: sessionJson(emulator, session),
    ...continueWithJson([redirectBrowserTo(returnTo)]),
  })
}
