import type { Exchange } from './exchange.ts'
import { type Flow, type FlowType, newFlow } from './flow.ts'
import { saveFlow } from './flows.ts'
import { flatten } from './form-values.ts'
import { labels } from './messages.ts'
import { sortNodes } from './sort-nodes.ts'
import { traitNodes } from './traits.ts'
import { input, type Node, setCsrf, setNodeValue } from './ui-nodes.ts'

/** Begins a registration. Its form has two screens: the person, then the password. */
export function createRegistration(exchange: Exchange, type: FlowType): Flow {
  const flow = newFlow(exchange, 'registration', type)
  flow.ui.nodes = traitNodes('default')
  setCsrf(flow.ui, exchange.csrf.token)
  flow.ui.nodes.push(
    input('password', 'password', 'password', undefined, {
      required: true,
      autocomplete: 'new-password',
      label: labels.password,
    }),
    input('password', 'method', 'submit', 'password', { label: labels.signUp }),
    input('profile', 'method', 'submit', 'profile', { label: labels.signUp }),
  )
  sortNodes('registration', flow.ui)

  const belongsToFirst = ({ group }: Node) => group === 'default' || group === 'profile'
  const one = flow.ui.nodes.filter(belongsToFirst)
  const two = flow.ui.nodes.filter((node) => !belongsToFirst(node))
  flow.ui.nodes = one
  flow.steps = { one: structuredClone(one), two: structuredClone(two) }
  saveFlow(exchange.emulator, flow)
  return flow
}

/** Keeps what was typed, for a form that comes back with messages. */
export function keepTraits(exchange: Exchange, flow: Flow, traits: Record<string, unknown>): void {
  for (const [name, value] of flatten(traits, 'traits')) setNodeValue(flow.ui, name, value)
  if (flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
}
