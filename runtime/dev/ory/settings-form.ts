import { abortPaused } from './continuity.ts'
import type { Exchange } from './exchange.ts'
import { type Flow, type FlowType, flowJson, newFlow } from './flow.ts'
import { saveFlow } from './flows.ts'
import { setFormValues } from './form-values.ts'
import { getIdentity } from './identities.ts'
import { type Identity, identityJson } from './identity.ts'
import { labels } from './messages.ts'
import { sortNodes } from './sort-nodes.ts'
import { traitNodes } from './traits.ts'
import { input, setCsrf, upsertNode } from './ui-nodes.ts'

/** Begins a settings flow, with the person's present traits filled in. */
export function createSettings(exchange: Exchange, identity: Identity, type: FlowType): Flow {
  const flow = { ...newFlow(exchange, 'settings', type), state: 'show_form', identityId: identity.id }
  abortPaused(exchange)
  setCsrf(flow.ui, exchange.csrf.token)
  upsertNode(
    flow.ui,
    input('password', 'password', 'password', undefined, {
      required: true,
      autocomplete: 'new-password',
      label: labels.password,
    }),
  )
  flow.ui.nodes.push(input('password', 'method', 'submit', 'password', { label: labels.save }))
  flow.ui.nodes.push(...traitNodes('profile'))
  setFormValues(flow.ui, { ...identity.traits }, 'traits', 'profile')
  flow.ui.nodes.push(input('profile', 'method', 'submit', 'profile', { label: labels.save }))
  sortNodes('settings', flow.ui)
  saveFlow(exchange.emulator, flow)
  return flow
}

/** A settings flow as the API shows it: with the person whose settings they are. */
export function settingsJson({ emulator }: Exchange, flow: Flow): Record<string, unknown> {
  const { state, ...rest } = flowJson(flow)
  const identity = identityJson(emulator, getIdentity(emulator.database, flow.identityId ?? ''))
  return {
    ...rest,
    identity,
    state,
    ...(flow.continueWith?.length ? { continue_with: flow.continueWith } : {}),
  }
}
