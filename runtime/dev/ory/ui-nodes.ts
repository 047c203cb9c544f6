import type { Message } from './messages.ts'

export type Group = 'default' | 'password' | 'profile' | 'code'

/** One part of a form: a field, a button, or, once everything is done, a link. */
export interface Node {
  type: 'input' | 'a'
  group: Group
  attributes: InputAttributes | LinkAttributes
  messages: Message[]
  meta: { label?: Message }
}

export interface InputAttributes {
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

export interface LinkAttributes {
  href: string
  title: Message
  id: string
  node_type: 'a'
}

/** A flow's form. */
export interface Form {
  action: string
  method: 'POST' | 'GET'
  nodes: Node[]
  messages?: Message[]
}

type Extra = Partial<Pick<InputAttributes, 'required' | 'autocomplete' | 'maxlength' | 'pattern'>> & {
  label?: Message
}

/** An input node; a value of undefined is left out of the answer. */
export function input(group: Group, name: string, type: string, value?: unknown, extra: Extra = {}): Node {
  const { label, required, autocomplete, pattern, maxlength } = extra
  return {
    type: 'input',
    group,
    attributes: {
      name,
      type,
      ...(value === undefined ? {} : { value }),
      ...(required ? { required } : {}),
      ...(autocomplete ? { autocomplete } : {}),
      ...(pattern ? { pattern } : {}),
      disabled: false,
      ...(maxlength ? { maxlength } : {}),
      node_type: 'input',
    },
    messages: [],
    meta: label ? { label } : {},
  }
}

export function link(group: Group, id: string, href: string, label: Message): Node {
  return {
    type: 'a',
    group,
    attributes: { href, title: label, id, node_type: 'a' },
    messages: [],
    meta: { label },
  }
}

/** What a node is found by: a field's name or a link's id. */
export function nodeName({ attributes }: Node): string {
  return 'name' in attributes ? attributes.name : attributes.id
}

export function nodeValue({ attributes }: Node): unknown {
  return 'name' in attributes ? attributes.value : attributes.href
}

export function findNode(form: Form, name: string): Node | undefined {
  return form.nodes.find((node) => nodeName(node) === name)
}

/** Replaces the node of this name where it stands, or adds it at the end. */
export function upsertNode(form: Form, node: Node): void {
  const index = form.nodes.findIndex((other) => nodeName(other) === nodeName(node))
  if (index < 0) form.nodes.push(node)
  else form.nodes[index] = node
}

export function setNodeValue(form: Form, name: string, value: unknown): void {
  const attributes = findNode(form, name)?.attributes
  if (attributes && 'name' in attributes) attributes.value = value
}

export function setCsrf(form: Form, token: string): void {
  upsertNode(form, input('default', 'csrf_token', 'hidden', token, { required: true }))
}
