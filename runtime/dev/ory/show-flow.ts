import { type Exchange, json } from './exchange.ts'
import { type FlowKind, flowJson } from './flow.ts'
import { ensureOwnFlow } from './flow-guard.ts'
import { loadFlow, refuseExpiredFlow } from './flows.ts'

/** Shows a flow to the browser that began it. @throws 403, 404 or 410 */
export function showFlow(exchange: Exchange, kind: Exclude<FlowKind, 'settings'>): Response {
  const flow = loadFlow(exchange.emulator, kind, exchange.url.searchParams.get('id') ?? '')
  if (!flow.skipsCsrf) ensureOwnFlow(exchange, flow)
  refuseExpiredFlow(exchange, flow)
  return json(exchange, flowJson(flow))
}
