import { isJsonRequest } from './accept.ts'
import { publicUrl } from './emulator.ts'
import { type Exchange, errorJson, redirect } from './exchange.ts'
import { type Flow, type FlowKind, flowIdOf } from './flow.ts'
import { answerForeignError, flowReplacedByExpiry } from './flow-errors.ts'
import { flowPage, loadFlow, saveFlow } from './flows.ts'
import { KratosError, kratosError } from './kratos-error.ts'
import { flowExpired } from './messages.ts'

export interface Submit {
  /** An answer that comes before all else, even to an expired flow. */
  refuse?(flow: Flow): Response | undefined
  /** Begins the flow that takes the place of an expired one. */
  renew(expired: Flow): Flow
  answer(flow: Flow): Promise<Response>
}

/** Answers a submit to the flow that the URL names; when that one has expired, with a new flow in its place. */
export async function withFlow(
  exchange: Exchange,
  kind: FlowKind,
  { refuse, renew, answer }: Submit,
): Promise<Response> {
  let flow: Flow
  try {
    flow = findFlow(exchange, kind)
  } catch (error) {
    return answerForeignError(exchange, undefined, error)
  }
  const refusal = refuse?.(flow)
  if (refusal) return refusal
  if (flow.expiresAt < exchange.emulator.now()) return replaceExpired(exchange, flow, renew(flow))
  return answer(flow)
}

function findFlow(exchange: Exchange, kind: FlowKind): Flow {
  const id = flowIdOf(exchange)
  try {
    return loadFlow(exchange.emulator, kind, id)
  } catch (error) {
    if (!(error instanceof KratosError) || kind === 'login' || kind === 'registration') throw error
    throw kratosError(404, { reason: `The ${kind} request could not be found. Please restart the flow.` })
  }
}

function replaceExpired(exchange: Exchange, old: Flow, flow: Flow): Response {
  const { emulator, request } = exchange
  const { kind, ui } = flow
  flow.requestUrl = old.requestUrl
  ui.messages = [...(ui.messages ?? []), flowExpired(kind, old.expiresAt, emulator.now())]
  saveFlow(emulator, flow)
  if (flow.type === 'browser' && !isJsonRequest(request)) return redirect(exchange, flowPage(emulator, flow))
  if (kind === 'recovery' || kind === 'verification') {
    return redirect(exchange, publicUrl(emulator, `/self-service/${kind}/flows`, { id: flow.id }))
  }
  return errorJson(exchange, flowReplacedByExpiry(exchange, old.expiresAt, flow.id))
}
