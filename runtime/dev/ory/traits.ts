import { identitySchema } from './identity-schema.ts'
import {
  generatedLabel,
  genericError,
  type Message,
  propertyMissing,
  tooLong,
  tooShort,
  wrongType,
} from './messages.ts'
import { type Group, input, type Node } from './ui-nodes.ts'

/** What an identity says about a person. */
export interface Traits {
  email: string
  name?: { first?: string; last?: string }
}

export interface Problem {
  field: string
  message: Message
}

const { email, name } = identitySchema.properties.traits.properties

/** Checks traits against the identity schema; an empty list means that they fit. */
export function traitProblems(traits: unknown): Problem[] {
  if (!isObject(traits)) return [{ field: 'traits', message: wrongType('object', jsonType(traits)) }]

  return [
    ...extraProblems(traits, ['email', 'name'], 'traits'),
    ...('email' in traits ? emailProblems(traits.email) : [missing('traits.email')]),
    ...('name' in traits ? nameProblems(traits.name) : []),
  ]
}

/** The traits' fields as a form shows them. */
export function traitNodes(group: Group): Node[] {
  return [
    input(group, 'traits.email', 'email', undefined, {
      required: true,
      autocomplete: 'email',
      label: generatedLabel(email.title),
    }),
    input(group, 'traits.name.first', 'text', undefined, {
      label: generatedLabel(name.properties.first.title),
    }),
    input(group, 'traits.name.last', 'text', undefined, {
      label: generatedLabel(name.properties.last.title),
    }),
  ]
}

/** The form in which an address is compared. */
export function normaliseEmail(value: string): string {
  return value.includes('@') ? value.toLowerCase().trim() : value.trim()
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function missing(field: string): Problem {
  return { field, message: propertyMissing(field.split('.').at(-1) ?? field) }
}

/** What is wrong with an address that a form sent, if it sent one. */
export function emailProblem(value: string): Message | undefined {
  if (value === '' || isEmail(value)) return undefined
  return genericError(`${JSON.stringify(value)} is not valid "email"`)
}

function emailProblems(value: unknown): Problem[] {
  const field = 'traits.email'
  if (typeof value !== 'string') return [{ field, message: wrongType('string', jsonType(value)) }]

  const problems: Problem[] = []
  if (!isEmail(value)) {
    problems.push({ field, message: genericError(`${JSON.stringify(value)} is not valid "email"`) })
  }
  const length = [...value].length
  if (length < email.minLength) problems.push({ field, message: tooShort(email.minLength, length) })
  if (length > email.maxLength) problems.push({ field, message: tooLong(email.maxLength, length) })
  return problems
}

function nameProblems(value: unknown): Problem[] {
  if (!isObject(value)) return [{ field: 'traits.name', message: wrongType('object', jsonType(value)) }]

  const parts = Object.entries(name.properties).flatMap(([key, { maxLength }]): Problem[] => {
    const field = `traits.name.${key}`
    const part = value[key]
    if (part === undefined) return []
    if (typeof part !== 'string') return [{ field, message: wrongType('string', jsonType(part)) }]
    const length = [...part].length
    return length > maxLength ? [{ field, message: tooLong(maxLength, length) }] : []
  })
  return [...extraProblems(value, ['first', 'last'], 'traits.name'), ...parts]
}

function extraProblems(value: Record<string, unknown>, known: string[], field: string): Problem[] {
  const extra = Object.keys(value).filter((key) => !known.includes(key))
  if (extra.length === 0) return []
  const names = extra.map((key) => JSON.stringify(key)).join(', ')
  return [{ field, message: genericError(`additionalProperties ${names} not allowed`) }]
}

/** JSON Schema's `email`: at most 254 bytes, at most 64 before the last @, a host name after it. */
function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@')
  if (value.length > 254 || at < 1 || at > 64) return false

  const host = value.slice(at + 1).replace(/\.$/, '')
  const isHost =
    host.length <= 253 &&
    host.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
  return isHost && /^(?!\.)(?!.*\.\.)[^\s"(),:;<>@[\\\]]+(?<!\.)$/.test(value.slice(0, at))
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
