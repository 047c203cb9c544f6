import type { FlowKind } from './flow.ts'
import { type Form, type Node, nodeName, nodeValue } from './ui-nodes.ts'

const traitKeys = ['traits.email', 'traits.name.first', 'traits.name.last']

/** In which order each flow shows its groups and, within a group, its fields; recovery and verification do not sort. */
const orders: Partial<Record<FlowKind, { groups: string[]; keys: string[] }>> = {
  login: {
    groups: ['oidc', 'default', 'webauthn', 'passkey', 'code', 'password', 'totp', 'lookup_secret'],
    keys: ['csrf_token', 'identifier', 'password'],
  },
  registration: {
    groups: ['oidc', 'default', 'webauthn', 'passkey', 'code', 'password', 'profile'],
    keys: ['traits.email', 'password', 'traits.name.first', 'traits.name.last'],
  },
  settings: {
    groups: ['default', 'profile', 'password', 'oidc', 'lookup_secret', 'webauthn', 'totp'],
    keys: traitKeys,
  },
}

/** Sorts a form's nodes as Kratos does: by group, then by key, submit buttons named `method` last. */
export function sortNodes(kind: FlowKind, form: Form): void {
  const order = orders[kind]
  if (!order) return

  form.nodes.sort((a, b) => order.groups.indexOf(a.group) - order.groups.indexOf(b.group))
  insertionSort(form.nodes, (a, b) => a.group === b.group && comesBefore(a, b, order.keys, form.nodes.length))
}

function comesBefore(a: Node, b: Node, keys: string[], count: number): boolean {
  const [left, right] = [position(a, keys, count), position(b, keys, count)]
  return left === right ? printed(a) < printed(b) : left < right
}

function position(node: Node, keys: string[], count: number): number {
  const name = nodeName(node)
  if (name === 'method') return count + keys.length + 1
  const index = keys.findIndex((key) => name.startsWith(key))
  return index < 0 ? keys.length : index
}

/** The value as Go's `%v` prints it, which decides between fields of the same rank. */
function printed(node: Node): string {
  const value = nodeValue(node)
  return value === undefined ? '<nil>' : String(value)
}

/** The comparison knows nothing across groups, so that only an insertion sort gives Kratos' order. */
function insertionSort(nodes: Node[], less: (a: Node, b: Node) => boolean): void {
  for (let end = 1; end < nodes.length; end += 1) {
    for (let index = end; index > 0 && less(nodes[index]!, nodes[index - 1]!); index -= 1) {
      const moved = nodes[index]!
      nodes[index] = nodes[index - 1]!
      nodes[index - 1] = moved
    }
  }
}
