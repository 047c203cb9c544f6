import type { Message } from './messages.ts'
import { type Form, findNode, type Group, input, nodeName, setNodeValue } from './ui-nodes.ts'

/** Sets values from a nested object, such as traits; unknown names become nodes of their own. */
export function setFormValues(
  form: Form,
  values: Record<string, unknown>,
  prefix: string,
  group: Group,
): void {
  for (const [name, value] of flatten(values, prefix)) {
    const node = findNode(form, name)
    if (node) {
      setNodeValue(form, name, value)
      node.group = group
    } else {
      form.nodes.push(input(group, name, inputTypeOf(name, value), value))
    }
  }
}

/** Empties the fields whose names begin so, messages included. */
export function resetFields(form: Form, prefix: string): void {
  for (const node of form.nodes) {
    if (!nodeName(node).startsWith(prefix) || !('name' in node.attributes)) continue
    delete node.attributes.value
    node.messages = []
  }
}

export function clearMessages(form: Form): void {
  delete form.messages
  for (const node of form.nodes) node.messages = []
}

/** Puts a message at the field that `name` names, or at the form as a whole when it names none. */
export function addMessage(form: Form, message: Message, name = ''): void {
  if (name === '') {
    form.messages = [...(form.messages ?? []), message]
    return
  }
  const node = findNode(form, name)
  if (node) node.messages.push(message)
  else form.nodes.push({ ...input('default', name, 'text'), messages: [message] })
}

/** Leaves of a nested object with their dotted names. */
export function flatten(values: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    const name = prefix ? `${prefix}.${key}` : key
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return flatten(value as Record<string, unknown>, name)
    }
    return [[name, value]]
  })
}

function inputTypeOf(name: string, value: unknown): string {
  if (name === 'password') return 'password'
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'checkbox' : 'text'
}
