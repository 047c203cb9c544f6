import { isJsonRequest } from './accept.ts'
import { type Exchange, json, redirect } from './exchange.ts'
import { type Flow, flowJson } from './flow.ts'
import { FlowFailure } from './flow-failure.ts'
import { ensureOwnRequest } from './flow-guard.ts'
import { flowPage, saveFlow } from './flows.ts'
import { type FormBody, textField, traitsField, transientField } from './form-body.ts'
import { clearMessages, setFormValues } from './form-values.ts'
import { chooseCredential, labels } from './messages.ts'
import { traitProblems } from './traits.ts'
import { input, setCsrf } from './ui-nodes.ts'

/**
 * Moves a registration between its two screens, when that is what was asked for.
 * @returns undefined when another method is responsible
 * @throws FlowFailure when the traits do not fit
 */
export function moveBetweenSteps(exchange: Exchange, flow: Flow, body: FormBody): Response | undefined {
  const method = textField(body, 'method')
  const screen = textField(body, 'screen')
  refuseBadTraits(body)

  if (method === 'profile' || screen === 'credential-selection') return showCredentials(exchange, flow, body)
  if (method === 'profile:back' || screen === 'previous') return showPerson(exchange, flow, body)
  return undefined
}

/** @throws FlowFailure */
export function refuseBadTraits(body: FormBody): void {
  const problems = traitProblems(body.traits ?? {})
  if (problems.length > 0) throw new FlowFailure(problems)
}

function showCredentials(exchange: Exchange, flow: Flow, body: FormBody): Response {
  flow.active = ''
  flow.state = 'choose_method'
  flow.transientPayload = transientField(body)
  ensureOwnRequest(exchange, flow, textField(body, 'csrf_token'))

  clearMessages(flow.ui)
  flow.ui.nodes = structuredClone(flow.steps?.two ?? [])
  flow.ui.messages = [chooseCredential]
  flow.ui.nodes.push(input('profile', 'screen', 'submit', 'previous', { label: labels.back }))
  setFormValues(flow.ui, traitsField(body), 'traits', 'default')
  for (const { group, attributes } of flow.ui.nodes) {
    if (group === 'default' && 'name' in attributes) attributes.type = 'hidden'
  }
  if (flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
  return showStep(exchange, flow)
}

function showPerson(exchange: Exchange, flow: Flow, body: FormBody): Response {
  clearMessages(flow.ui)
  flow.ui.nodes = structuredClone(flow.steps?.one ?? [])
  setFormValues(flow.ui, traitsField(body), 'traits', 'default')
  return showStep(exchange, flow)
}

function showStep(exchange: Exchange, flow: Flow): Response {
  saveFlow(exchange.emulator, flow)
  return isJsonRequest(exchange.request)
    ? json(exchange, flowJson(flow), 400)
    : redirect(exchange, flowPage(exchange.emulator, flow))
}
