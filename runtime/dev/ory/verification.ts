import { acceptsJson, isBrowserRequest, isJsonRequest } from './accept.ts'
import { findAddress, markAddressSent } from './addresses.ts'
import { addResendButton, emailField, showCodeForm } from './code-forms.ts'
import { createCode, deleteCodes } from './codes.ts'
import { mailVerificationCode } from './courier.ts'
import { type Exchange, json, redirect, renewCsrf } from './exchange.ts'
import { type Flow, flowJson } from './flow.ts'
import { addProblems, answerForeignError } from './flow-errors.ts'
import { FlowFailure, failure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { flowPage, loadFlow, saveFlow } from './flows.ts'
import { type FormBody, readForm, textField, transientField } from './form-body.ts'
import { getIdentity } from './identities.ts'
import { genericError, noStrategy, verificationAlreadyCompleted } from './messages.ts'
import type { Route } from './router.ts'
import { showFlow } from './show-flow.ts'
import { emailProblem, missing } from './traits.ts'
import { setCsrf, setNodeValue, upsertNode } from './ui-nodes.ts'
import { finishVerification } from './verification-finish.ts'
import { createVerification, retryVerification } from './verification-form.ts'
import { withFlow } from './with-flow.ts'

export const verificationRoutes: Route[] = [
  {
    method: 'GET',
    path: '/self-service/verification/browser',
    handle(exchange) {
      const flow = createVerification(exchange, 'browser')
      return acceptsJson(exchange.request)
        ? json(exchange, flowJson(flow))
        : redirect(exchange, flowPage(exchange.emulator, flow))
    },
  },
  {
    method: 'GET',
    path: '/self-service/verification/api',
    handle: (exchange) => json(exchange, flowJson(createVerification(exchange, 'api'))),
  },
  {
    method: 'GET',
    path: '/self-service/verification/flows',
    handle: (exchange) => showFlow(exchange, 'verification'),
  },
  { method: 'POST', path: '/self-service/verification', handle: submit },
  { method: 'GET', path: '/self-service/verification', handle: submit },
]

function submit(exchange: Exchange): Promise<Response> {
  return withFlow(exchange, 'verification', {
    renew() {
      renewCsrf(exchange)
      return createVerification(exchange, 'browser')
    },
    answer: (flow) => verify(exchange, flow),
  })
}

async function verify(exchange: Exchange, flow: Flow): Promise<Response> {
  const { emulator, request } = exchange
  try {
    const body = await readForm(exchange)
    refuseBadFields(body)
    flow.transientPayload = transientField(body)
    const done = act(exchange, flow, body)
    if (done) return done
  } catch (error) {
    return answerError(exchange, flow, error)
  }
  if (isBrowserRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  return json(exchange, flowJson(loadFlow(emulator, 'verification', flow.id)))
}

/** @returns an answer when the submit is dealt with, nothing when the flow is to be shown */
function act(exchange: Exchange, flow: Flow, body: FormBody): Response | undefined {
  const code = textField(body, 'code')
  const method = textField(body, 'method') || (code ? 'code' : '')
  if (method !== 'code') throw failure(noStrategy.verification)
  if (flow.state === 'passed_challenge')
    return retryVerification(exchange, flow.type, verificationAlreadyCompleted)
  if (code) {
    return exchange.request.method === 'GET'
      ? fillInCode(exchange, flow, code)
      : finishVerification(exchange, flow, code)
  }

  try {
    const email = textField(body, 'email')
    if (email === '') throw new FlowFailure([missing('email')])
    ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))
    sendCode(exchange, flow, email)
    return undefined
  } catch (error) {
    setCsrf(flow.ui, exchange.csrf.token)
    upsertNode(flow.ui, emailField(textField(body, 'email')))
    throw error
  }
}

/** The link in the mail only fills the code in: a mail scanner that follows it must not verify anything. */
function fillInCode(exchange: Exchange, flow: Flow, code: string): Response {
  setNodeValue(flow.ui, 'code', code)
  flow.csrfToken = renewCsrf(exchange)
  setCsrf(flow.ui, flow.csrfToken)
  saveFlow(exchange.emulator, flow)
  return redirect(exchange, flowPage(exchange.emulator, flow))
}

/** Mails a code when the address is known; the answer is the same when it is not. */
function sendCode(exchange: Exchange, flow: Flow, email: string): void {
  const { emulator } = exchange
  deleteCodes(emulator, flow.id)
  const address = findAddress(emulator, 'verifiable', email)
  if (address) {
    const code = createCode(emulator, flow, { identityId: address.identityId, addressId: address.id })
    const identity = getIdentity(emulator.database, address.identityId)
    mailVerificationCode(emulator, flow, identity, address.value, code)
    markAddressSent(emulator, address.id)
  }
  flow.state = 'sent_email'
  showCodeForm(exchange, flow)
  addResendButton(flow, email)
  saveFlow(emulator, flow)
}

function refuseBadFields(body: FormBody): void {
  const method = textField(body, 'method')
  if (method !== '' && method !== 'code' && method !== 'link') {
    throw failure(genericError('value must be one of "code", "link"'), 'method')
  }
  const problem = emailProblem(textField(body, 'email'))
  if (problem) throw failure(problem, 'email')
}

function answerError(exchange: Exchange, flow: Flow, error: unknown): Response {
  const { emulator, request } = exchange
  if (!addProblems(flow, error)) return answerForeignError(exchange, flow, error)

  flow.active = 'code'
  saveFlow(emulator, flow)
  if (flow.type === 'browser' && !isJsonRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  return json(exchange, flowJson(loadFlow(emulator, 'verification', flow.id)), 400)
}
