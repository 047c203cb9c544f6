import * as z from 'zod'
import type { FieldMeta } from './fields.ts'
import { ConfigSchema } from './schema.ts'

type Node = Record<string, unknown> & { properties?: Record<string, Node>; items?: Node; required?: string[] }

const REFERENCE = '\\$\\{[A-Za-z_]\\w*(:-[^}]*)?\\}'
const NUMBER = '^\\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\\s*$'
const FLAG = '^\\s*([Tt]rue|[Ff]alse|TRUE|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|0|1)\\s*$'

/** A JSON Schema (2020-12) of the configuration file as people write it, for editors. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' })
  return { title: 'Auth Container configuration', ...widen(schema as Node) }
}

// The reader takes more than the zod schema says: references, numbers as texts and texts as numbers, secrets in files.
function widen(node: Node): Node {
  const { secret, scalar, scalarKey, jsonText, expected, valueType, ...schema } = node as Node & FieldMeta
  const marked: Node = secret ? { ...schema, writeOnly: true } : schema
  switch (schema.type) {
    case 'object':
      return scalarKey ? orScalar(widenMap(marked)) : widenMap(marked)
    case 'array': {
      const list = { ...marked, items: widen(schema.items!) }
      return scalar ? orScalar(list) : list
    }
    case 'integer':
    case 'number':
      return orText(marked, NUMBER)
    case 'boolean':
      return orText(marked, FLAG)
    case 'string':
      return widenText(marked, jsonText === true)
    default:
      return marked
  }
}

function widenMap(schema: Node): Node {
  const properties: Record<string, Node> = {}
  const secrets = new Set<string>()
  for (const [key, entry] of Object.entries(schema.properties ?? {})) {
    properties[key] = widen(entry)
    if (!properties[key].writeOnly) continue
    secrets.add(key)
    const type = entry.type === 'array' ? ['string', 'array'] : 'string'
    properties[`${key}_FILE`] = { type, description: `Path of a file that holds ${key}` }
  }
  const required = (schema.required ?? []).filter((key) => !secrets.has(key))
  return { ...schema, properties, required, additionalProperties: false }
}

function orScalar({ description, writeOnly, default: fallback, ...schema }: Node): Node {
  const outer = Object.entries({ description, writeOnly, default: fallback }).filter(
    ([, value]) => value !== undefined,
  )
  return { ...Object.fromEntries(outer), anyOf: [schema, { type: ['string', 'number', 'null'] }] }
}

function orText({ description, default: fallback, ...schema }: Node, pattern: string): Node {
  const outer = Object.entries({ description, default: fallback }).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(outer),
    anyOf: [schema, { type: ['string', 'null'], pattern: `^$|${pattern}|${REFERENCE}` }],
  }
}

function widenText({ enum: choices, pattern, format, minLength, ...schema }: Node, orMap: boolean): Node {
  if (choices) return { ...schema, anyOf: [{ enum: [...(choices as string[]), ''] }, { pattern: REFERENCE }] }
  return { ...schema, type: orMap ? ['string', 'object'] : ['string', 'number', 'boolean', 'null'] }
}
