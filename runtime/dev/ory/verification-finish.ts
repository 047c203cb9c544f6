import { isBrowserRequest } from './accept.ts'
import { markAddressVerified } from './addresses.ts'
import { useCode } from './codes.ts'
import { type Exchange, json, redirect } from './exchange.ts'
import { type Flow, flowJson } from './flow.ts'
import { flowPage, saveFlow } from './flows.ts'
import { KratosError } from './kratos-error.ts'
import { addressVerified, genericError, labels, verificationCodeInvalid } from './messages.ts'
import { secureReturnTo } from './return-to.ts'
import { link, setCsrf } from './ui-nodes.ts'
import { retryAfterExpiry, retryVerification } from './verification-form.ts'

const retry = 'An error occured, please retry the flow.'

/**
 * Verifies an address by the code from the mail.
 * @returns an answer when the code was not right; nothing when the flow now shows that all is well
 */
export function finishVerification(exchange: Exchange, flow: Flow, digits: string): Response | undefined {
  const { emulator } = exchange
  const use = useCode(emulator, flow.id, digits)
  if (use.kind === 'unknown') return refuseCode(exchange, flow)
  if (use.kind === 'expired') return retryAfterExpiry(exchange, flow.type, use.expiredAt)
  if (use.kind === 'refused') return retryVerification(exchange, flow.type, genericError(use.reason), retry)

  if (use.code.addressId) markAddressVerified(emulator, use.code.addressId)
  const target = continueUrl(exchange, flow)
  flow.ui = { action: target, method: 'GET', nodes: [], messages: [addressVerified] }
  flow.state = 'passed_challenge'
  flow.csrfToken = exchange.csrf.token
  setCsrf(flow.ui, flow.csrfToken)
  flow.ui.nodes.push(link('code', 'continue', target, labels.continue))
  saveFlow(emulator, flow)
  return undefined
}

function refuseCode(exchange: Exchange, flow: Flow): Response {
  flow.ui.messages = [verificationCodeInvalid]
  saveFlow(exchange.emulator, flow)
  return isBrowserRequest(exchange.request)
    ? redirect(exchange, flowPage(exchange.emulator, flow))
    : json(exchange, flowJson(flow))
}

/** Where to go on: the `return_to` that the flow began with, when it is still allowed. */
function continueUrl({ emulator }: Exchange, flow: Flow): string {
  try {
    return secureReturnTo(emulator, flow.requestUrl, emulator.uiUrls.default)
  } catch (error) {
    if (error instanceof KratosError) return emulator.uiUrls.default
    throw error
  }
}
