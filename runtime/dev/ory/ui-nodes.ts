import type { Message } from './messages.ts'

export type Group = 'default' | 'password' | 'profile' | 'code'

/** One part of a form: every node that we need is an input. */
export interface Node {
  type: 'input' | 'a'
  group: Group
  attributes: NodeAttributes
  messages: Message[]
  meta: { label?: Message }
}

export interface NodeAttributes {
  name: string
  type: string
  value?: unknown
  required?: true
  autocomplete?: string
  disabled: boolean
  maxlength?: number
  pattern?: string
  node_type: 'input'
}

/** A flow's form. */
export interface Form {
  action: string
  method: 'POST'
  nodes: Node[]
  messages?: Message[]
}

type Extra = Partial<Pick<NodeAttributes, 'required' | 'autocomplete' | 'maxlength' | 'pattern'>> & {
  label?: Message
}

/** An input node; a value of undefined is left out of the answer. */
export function input(group: Group, name: string, type: string, value?: unknown, extra: Extra = {}): Node {
  const { label, ...attributes } = extra
  return {
    type: 'input',
    group,
    attributes: {
      name,
      type,
      ...(value === undefined ? {} : { value }),
      ...(attributes.required ? { required: attributes.required } : {}),
      ...(attributes.autocomplete ? { autocomplete: attributes.autocomplete } : {}),
      ...(attributes.pattern ? { pattern: attributes.pattern } : {}),
      disabled: false,
      ...(attributes.maxlength ? { maxlength: attributes.maxlength } : {}),
      node_type: 'input',
    },
    messages: [],
    meta: label ? { label } : {},
  }
}

export function findNode(form: Form, name: string): Node | undefined {
  return form.nodes.find((node) => node.attributes.name === name)
}

/** Replaces the node of this name where it stands, or adds it at the end. */
export function upsertNode(form: Form, node: Node): void {
  const index = form.nodes.findIndex((other) => other.attributes.name === node.attributes.name)
  if (index < 0) form.nodes.push(node)
  else form.nodes[index] = node
}

export function setNodeValue(form: Form, name: string, value: unknown): void {
  const node = findNode(form, name)
  if (node) node.attributes.value = value
}

export function removeNodes(form: Form, name: string): void {
  form.nodes = form.nodes.filter((node) => node.attributes.name !== name)
}

export function setCsrf(form: Form, token: string): void {
  upsertNode(form, input('default', 'csrf_token', 'hidden', token, { required: true }))
}

/** Sets values from a nested object, such as traits; unknown names become nodes of their own. */
export function setNodeValues(
  form: Form,
  values: Record<string, unknown>,
  prefix: string,
  group: Group,
): void {
  for (const [name, value] of flatten(values, prefix)) {
    const node = findNode(form, name)
    if (node) {
      node.attributes.value = value
      node.group = group
    } else {
      form.nodes.push(input(group, name, inputTypeOf(name, value), value))
    }
  }
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

function inputTypeOf(name: string, value: unknown): string {
  if (name === 'password') return 'password'
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'checkbox' : 'text'
}
