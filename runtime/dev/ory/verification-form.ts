import { isJsonRequest } from './accept.ts'
import { showEmailForm } from './code-forms.ts'
import { type Exchange, errorJson, redirect, renewCsrf } from './exchange.ts'
import { type Flow, type FlowType, newFlow } from './flow.ts'
import { flowReplacedByExpiry } from './flow-errors.ts'
import { flowPage, saveFlow } from './flows.ts'
import { kratosError } from './kratos-error.ts'
import { flowExpired, type Message } from './messages.ts'

/** Begins a verification by asking for an e-mail address. */
export function createVerification(exchange: Exchange, type: FlowType): Flow {
  const flow = { ...newFlow(exchange, 'verification', type), active: 'code' }
  showEmailForm(exchange, flow)
  saveFlow(exchange.emulator, flow)
  return flow
}

/** Leads to a new verification that says why the old one is over; a script gets 410 with its id. */
export function retryVerification(
  exchange: Exchange,
  type: FlowType,
  message: Message,
  reason = 'An error occured, please use the new flow.',
): Response {
  const flow = begin(exchange, type, message)
  if (!isJsonRequest(exchange.request)) return redirect(exchange, flowPage(exchange.emulator, flow))
  const parts = { id: 'self_service_flow_replaced', reason, message: 'self-service flow replaced' }
  return errorJson(exchange, kratosError(410, parts, { use_flow_id: flow.id }))
}

/** The same when the code came too late. */
export function retryAfterExpiry(exchange: Exchange, type: FlowType, expiredAt: number): Response {
  const { emulator, request } = exchange
  const flow = begin(exchange, type, flowExpired('verification', expiredAt, emulator.now()))
  if (!isJsonRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  return errorJson(exchange, flowReplacedByExpiry(exchange, expiredAt, flow.id))
}

function begin(exchange: Exchange, type: FlowType, message: Message): Flow {
  renewCsrf(exchange)
  const flow = createVerification(exchange, type)
  flow.ui.messages = [message]
  saveFlow(exchange.emulator, flow)
  return flow
}
