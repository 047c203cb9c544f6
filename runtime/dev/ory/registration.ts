import { acceptsJson, isBrowserRequest, isJsonRequest } from './accept.ts'
import { continueWithJson, redirectBrowserTo, setSessionToken } from './continue-with.ts'
import { transaction } from './database.ts'
import { type Exchange, errorJson, json, redirect, requestUrl } from './exchange.ts'
import { type Flow, flowJson, returnToOf } from './flow.ts'
import { answerFlowError } from './flow-errors.ts'
import { FlowFailure, failure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { flowPage } from './flows.ts'
import { type FormBody, readForm, refuseGet, textField, traitsField, transientField } from './form-body.ts'
import { createIdentity, findIdentityByIdentifier, getIdentity, IdentifierTaken } from './identities.ts'
import { identityJson } from './identity.ts'
import { kratosError } from './kratos-error.ts'
import { duplicateIdentifier, noStrategy } from './messages.ts'
import { hashPassword, passwordProblem } from './password.ts'
import { createRegistration, keepTraits } from './registration-form.ts'
import { moveBetweenSteps, refuseBadTraits } from './registration-steps.ts'
import { secureReturnTo } from './return-to.ts'
import type { Route } from './router.ts'
import { forwarding } from './self-service-errors.ts'
import { sessionJson } from './session.ts'
import { findSession, issueCookie } from './session-cookie.ts'
import { openSession } from './sessions.ts'
import { showFlow } from './show-flow.ts'
import { missing, type Traits } from './traits.ts'
import { startVerification } from './verification-start.ts'
import { withFlow } from './with-flow.ts'

const alreadySignedIn = () =>
  kratosError(400, {
    id: 'session_already_available',
    reason: 'A valid session was detected and thus registration is not possible.',
    message: 'you are already logged in',
  })

export const registrationRoutes: Route[] = [
  {
    method: 'GET',
    path: '/self-service/registration/browser',
    handle: forwarding((exchange) => {
      const { emulator } = exchange
      const flow = createRegistration(exchange, 'browser')
      if (findSession(exchange)) {
        if (isJsonRequest(exchange.request)) return errorJson(exchange, alreadySignedIn())
        return redirect(exchange, secureReturnTo(emulator, requestUrl(exchange), emulator.uiUrls.default))
      }
      return acceptsJson(exchange.request)
        ? json(exchange, flowJson(flow))
        : redirect(exchange, flowPage(emulator, flow))
    }),
  },
  {
    method: 'GET',
    path: '/self-service/registration/api',
    handle(exchange) {
      if (findSession(exchange)) throw alreadySignedIn()
      return json(exchange, flowJson(createRegistration(exchange, 'api')))
    },
  },
  {
    method: 'GET',
    path: '/self-service/registration/flows',
    handle: (exchange) => showFlow(exchange, 'registration'),
  },
  { method: 'POST', path: '/self-service/registration', handle: submit },
  { method: 'GET', path: '/self-service/registration', handle: submit },
]

async function submit(exchange: Exchange): Promise<Response> {
  const { emulator, request } = exchange
  if (findSession(exchange)) {
    if (isJsonRequest(request)) return errorJson(exchange, alreadySignedIn())
    const place = secureReturnTo(
      { ...emulator, allowedReturnUrls: [] },
      requestUrl(exchange),
      emulator.uiUrls.default,
    )
    return redirect(exchange, place, 302)
  }

  return withFlow(exchange, 'registration', {
    renew: ({ type }) => createRegistration(exchange, type),
    async answer(flow) {
      try {
        return await register(exchange, flow)
      } catch (error) {
        const known = error instanceof IdentifierTaken ? failure(duplicateIdentifier) : error
        return answerFlowError(exchange, flow, known, 302)
      }
    },
  })
}

async function register(exchange: Exchange, flow: Flow): Promise<Response> {
  refuseGet(exchange)
  const body = await readForm(exchange)
  const isPassword = textField(body, 'method') === 'password'
  let passwordHash = ''
  try {
    if (isPassword) passwordHash = await checkCredentials(exchange, flow, body)
    else {
      const moved = moveBetweenSteps(exchange, flow, body)
      if (moved) return moved
    }
  } catch (error) {
    keepTraits(exchange, flow, traitsField(body))
    throw error
  }
  if (!isPassword) throw failure(noStrategy.registration)

  flow.transientPayload = transientField(body)
  return complete(exchange, flow, traitsField(body) as unknown as Traits, passwordHash)
}

async function checkCredentials(exchange: Exchange, flow: Flow, body: FormBody): Promise<string> {
  const password = textField(body, 'password')
  if (password === '') throw new FlowFailure([missing('password')])
  refuseBadTraits(body)
  ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))

  const { email } = traitsField(body) as unknown as Traits
  const problem = passwordProblem(password, email.toLowerCase())
  if (problem) throw failure(problem, 'password')
  return hashPassword(password)
}

function complete(exchange: Exchange, flow: Flow, traits: Traits, passwordHash: string): Response {
  const { emulator, request } = exchange
  if (findIdentityByIdentifier(emulator.database, 'password', traits.email))
    throw failure(duplicateIdentifier)
  const { identity, session } = transaction(emulator.database, () => {
    const created = createIdentity(emulator, { traits, passwordHash })
    return { identity: created, session: openSession(exchange, created, 'password') }
  })
  const returnTo = secureReturnTo(emulator, flow.requestUrl, emulator.uiUrls.default, returnToOf(flow))
  const isJson = isJsonRequest(request)
  const continueWith = flow.type === 'browser' && isJson ? [redirectBrowserTo(returnTo)] : []
  const verification = startVerification(exchange, identity, flow)
  continueWith.push(...verification)
  session.identity = getIdentity(emulator.database, identity.id)

  if (flow.type === 'api') {
    continueWith.push(setSessionToken(session.token))
    return json(exchange, {
      session_token: session.token,
      ...people(exchange, session),
      ...continueWithJson(continueWith),
    })
  }
  issueCookie(exchange, session)
  if (isJson) return json(exchange, { ...people(exchange, session), ...continueWithJson(continueWith) })

  const [next] = verification
  const page =
    next?.action === 'show_verification_ui' && isBrowserRequest(request) ? next.flow.url : undefined
  return redirect(exchange, page ?? returnTo)
}

function people({ emulator }: Exchange, session: ReturnType<typeof openSession>) {
  return { session: sessionJson(emulator, session), identity: identityJson(emulator, session.identity) }
}
