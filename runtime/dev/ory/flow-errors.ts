import { isJsonRequest } from './accept.ts'
import { type Exchange, errorJson, json, redirect } from './exchange.ts'
import { type Flow, flowJson } from './flow.ts'
import { FlowFailure } from './flow-failure.ts'
import { flowPage, saveFlow } from './flows.ts'
import { addMessage, clearMessages } from './form-values.ts'
import { KratosError, kratosError } from './kratos-error.ts'
import { genericError } from './messages.ts'
import { forwardError } from './self-service-errors.ts'
import { sortNodes } from './sort-nodes.ts'

/**
 * Shows what was wrong in the flow's own form: as JSON with 400, or by a redirect to its page. An error that is no
 * fault of the form goes to the error page instead.
 */
export function answerFlowError(
  exchange: Exchange,
  flow: Flow,
  error: unknown,
  redirectStatus = 303,
): Response {
  clearMessages(flow.ui)
  if (!addProblems(flow, error)) return answerForeignError(exchange, flow, error)

  sortNodes(flow.kind, flow.ui)
  saveFlow(exchange.emulator, flow)
  if (flow.type === 'browser' && !isJsonRequest(exchange.request)) {
    return redirect(exchange, flowPage(exchange.emulator, flow), redirectStatus)
  }
  const { transientPayload: _, ...stored } = flow
  return json(exchange, flowJson(stored), 400)
}

/** Puts an error's messages into the form. @returns false when it has none */
export function addProblems(flow: Flow, error: unknown): boolean {
  if (error instanceof FlowFailure) {
    for (const { field, message } of error.problems) addMessage(flow.ui, message, field)
    return true
  }
  if (error instanceof KratosError && error.detail.code === 400) {
    addMessage(flow.ui, genericError(error.detail.reason ?? ''))
    return true
  }
  return false
}

/** An error that a form cannot show. @throws what is no error of Kratos */
export function answerForeignError(exchange: Exchange, flow: Flow | undefined, error: unknown): Response {
  if (!(error instanceof KratosError)) throw error
  return flow?.type === 'api' ? errorJson(exchange, error) : forwardError(exchange, error)
}

/** 410 with the flow to use instead. */
export function flowReplacedByExpiry(exchange: Exchange, expiredAt: number, useFlowId: string): KratosError {
  const since = exchange.emulator.now() - expiredAt
  return kratosError(
    410,
    {
      id: 'self_service_flow_expired',
      reason: `The self-service flow expired ${(since / 60_000).toFixed(2)} minutes ago, initialize a new one.`,
      message: 'self-service flow expired',
    },
    { expired_at: new Date(expiredAt).toISOString(), since: since * 1_000_000, use_flow_id: useFlowId },
  )
}
