import { acceptsJson, isJsonRequest } from './accept.ts'
import { findAddress } from './addresses.ts'
import { addResendButton, showCodeForm } from './code-forms.ts'
import { createCode, deleteCodes } from './codes.ts'
import { mailRecoveryCode } from './courier.ts'
import { type Exchange, json, redirect, renewCsrf, requestUrl } from './exchange.ts'
import { type Flow, flowJson } from './flow.ts'
import { answerFlowError } from './flow-errors.ts'
import { FlowFailure, failure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { flowPage, saveFlow } from './flows.ts'
import { type FormBody, readForm, refuseGet, textField, transientField } from './form-body.ts'
import { getIdentity } from './identities.ts'
import { kratosError } from './kratos-error.ts'
import { noStrategy, recoveryAlreadyCompleted } from './messages.ts'
import { finishRecovery } from './recovery-finish.ts'
import { createRecovery, retryRecovery } from './recovery-form.ts'
import { secureReturnTo } from './return-to.ts'
import type { Route } from './router.ts'
import { forwarding } from './self-service-errors.ts'
import { findSession } from './session-cookie.ts'
import { showFlow } from './show-flow.ts'
import { emailProblem, missing } from './traits.ts'
import { withFlow } from './with-flow.ts'

const alreadySignedIn = () =>
  kratosError(400, {
    id: 'session_already_available',
    reason: 'A valid session was detected and thus recovery is not possible.',
  })

export const recoveryRoutes: Route[] = [
  { method: 'GET', path: '/self-service/recovery/browser', handle: forwarding(begin) },
  {
    method: 'GET',
    path: '/self-service/recovery/api',
    handle(exchange) {
      if (findSession(exchange)) throw alreadySignedIn()
      return json(exchange, flowJson(createRecovery(exchange, 'api')))
    },
  },
  {
    method: 'GET',
    path: '/self-service/recovery/flows',
    handle: (exchange) => showFlow(exchange, 'recovery'),
  },
  { method: 'POST', path: '/self-service/recovery', handle: submit },
  { method: 'GET', path: '/self-service/recovery', handle: submit },
]

function begin(exchange: Exchange): Response {
  const { emulator, request } = exchange
  if (findSession(exchange)) return refuseSignedIn(exchange)

  const flow = createRecovery(exchange, 'browser')
  return acceptsJson(request) ? json(exchange, flowJson(flow)) : redirect(exchange, flowPage(emulator, flow))
}

function submit(exchange: Exchange): Promise<Response> {
  return withFlow(exchange, 'recovery', {
    renew: ({ type }) => createRecovery(exchange, type),
    answer: (flow) => recover(exchange, flow),
  })
}

async function recover(exchange: Exchange, flow: Flow): Promise<Response> {
  const { emulator, request } = exchange
  try {
    refuseGet(exchange)
    const body = await readForm(exchange)
    refuseBadEmail(body)
    flow.transientPayload = transientField(body)
    refuseForgery(exchange, flow, body)

    const email = textField(body, 'email')
    if (flow.state !== 'choose_method' && email === '') {
      return finishRecovery(exchange, flow, textField(body, 'code'))
    }
    if (findSession(exchange)) return refuseSignedIn(exchange)
    refuseOtherMethods(textField(body, 'method'))
    if (flow.state === 'passed_challenge') return retryRecovery(exchange, 'browser', recoveryAlreadyCompleted)
    if (email === '') throw new FlowFailure([missing('email')])

    sendCode(exchange, flow, email)
  } catch (error) {
    return answerFlowError(exchange, flow, error)
  }
  if (flow.type === 'browser' && !isJsonRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  return json(exchange, flowJson(flow))
}

/** Mails a code when the address is known; the answer is the same when it is not. */
function sendCode(exchange: Exchange, flow: Flow, email: string): void {
  const { emulator } = exchange
  deleteCodes(emulator, flow.id)
  const address = findAddress(emulator, 'recovery', email)
  if (address) {
    const code = createCode(emulator, flow, { identityId: address.identityId, addressId: address.id })
    mailRecoveryCode(emulator, flow, getIdentity(emulator.database, address.identityId), address.value, code)
  }
  flow.active = 'code'
  flow.state = 'sent_email'
  showCodeForm(exchange, flow)
  addResendButton(flow, email)
  saveFlow(emulator, flow)
}

function refuseBadEmail(body: FormBody): void {
  const problem = emailProblem(textField(body, 'email'))
  if (problem) throw failure(problem, 'email')
}

/** Kratos answers a forgery with a new anti-CSRF token, so that flows begun before are lost. */
function refuseForgery(exchange: Exchange, flow: Flow, body: FormBody): void {
  if (flow.skipsCsrf) return
  try {
    ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))
  } catch (error) {
    renewCsrf(exchange)
    throw error
  }
}

function refuseOtherMethods(method: string): void {
  if (method === 'code') return
  if (method !== 'link') throw failure(noStrategy.recovery)
  throw kratosError(404, {
    reason:
      'This endpoint was disabled by system administrator. Please check your url or contact the system administrator to enable it.',
  })
}

function refuseSignedIn(exchange: Exchange): Response {
  if (isJsonRequest(exchange.request)) throw alreadySignedIn()
  const { emulator } = exchange
  const place = secureReturnTo(
    { ...emulator, allowedReturnUrls: [] },
    requestUrl(exchange),
    emulator.uiUrls.default,
  )
  return redirect(exchange, place, 302)
}
