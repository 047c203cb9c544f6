import { isJsonRequest } from './accept.ts'
import { showEmailForm } from './code-forms.ts'
import { publicUrl } from './emulator.ts'
import { type Exchange, redirect, renewCsrf } from './exchange.ts'
import { type Flow, type FlowType, newFlow } from './flow.ts'
import { flowPage, saveFlow } from './flows.ts'
import type { Message } from './messages.ts'

/** Begins a recovery by asking for an e-mail address. */
export function createRecovery(exchange: Exchange, type: FlowType): Flow {
  const flow = { ...newFlow(exchange, 'recovery', type), active: 'code' }
  showEmailForm(exchange, flow)
  saveFlow(exchange.emulator, flow)
  return flow
}

/** Sends the person to a new recovery that says why the old one is over. */
export function retryRecovery(exchange: Exchange, type: FlowType, message: Message): Response {
  const { emulator, request } = exchange
  renewCsrf(exchange)
  const flow = createRecovery(exchange, type)
  flow.ui.messages = [message]
  saveFlow(emulator, flow)
  return redirect(
    exchange,
    isJsonRequest(request)
      ? publicUrl(emulator, '/self-service/recovery/flows', { id: flow.id })
      : flowPage(emulator, flow),
  )
}
