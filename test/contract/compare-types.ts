import type { JsonSchema } from '../../lib/http/openapi/schemas.ts'
import { type Contract, type ContractType, contractType } from './contract.ts'

export interface Types {
  contract: Contract['schemas']
  ours: Record<string, JsonSchema>
}

/** Fields are named from the body or answer on: `answer.groupRoles[].role`. */
export interface Comparison {
  problems: string[]
  /** Fields that the client knows and we never send. */
  unsent: string[]
}

/** Whether every JSON value that we answer is what the client's type says. */
export function compareAnswer(text: string, schema: JsonSchema, types: Types, place = 'answer'): Comparison {
  const found: Comparison = { problems: [], unsent: [] }
  answerFits(contractType(text, types.contract), schema, types, place, found)
  return found
}

function answerFits(type: ContractType, schema: JsonSchema, types: Types, place: string, found: Comparison) {
  for (const variant of variants(schema, types)) {
    const actual = jsonType(variant)
    if (actual !== JSON_TYPES[type.kind]) {
      found.problems.push(`${place} is ${actual}, the client expects ${JSON_TYPES[type.kind]}`)
      continue
    }
    if (type.kind === 'choice') {
      const strange = choices(variant)?.filter((value) => !type.values.includes(value)) ?? ['any text']
      if (strange.length) found.problems.push(`${place} may be ${strange.join(', ')}, unknown to the client`)
    }
    if (type.kind === 'list') answerFits(type.item, variant.items as JsonSchema, types, `${place}[]`, found)
    if (type.kind !== 'record') continue
    for (const [name, text] of type.fields) {
      const field = variant.properties?.[name]
      const inner = `${place}.${name}`
      if (field === undefined) found.unsent.push(inner)
      else answerFits(contractType(text, types.contract), field as JsonSchema, types, inner, found)
    }
  }
}

/** Whether we take every body that the client's type allows: a field is of its type or ignored, and none is demanded that it lacks. */
export function compareBody(text: string, schema: JsonSchema, types: Types, place = 'body'): string[] {
  return bodyFits(contractType(text, types.contract), schema, types, place)
}

function bodyFits(type: ContractType, schema: JsonSchema, types: Types, place: string): string[] {
  const fitting = variants(schema, types).filter((variant) => jsonType(variant) === JSON_TYPES[type.kind])
  const failures = fitting.map((variant) => bodyProblems(type, variant, types, place))
  const best = failures.sort((a, b) => a.length - b.length)[0]
  return best ?? [`${place} does not take ${JSON_TYPES[type.kind]}`]
}

function bodyProblems(type: ContractType, schema: JsonSchema, types: Types, place: string): string[] {
  if (type.kind === 'choice') {
    const taken = choices(schema)
    const refused = taken ? type.values.filter((value) => !taken.includes(value)) : []
    return refused.map((value) => `${place} does not take ${value}`)
  }
  if (type.kind === 'list') return bodyFits(type.item, schema.items as JsonSchema, types, `${place}[]`)
  if (type.kind !== 'record') return []

  const names = type.fields.map(([name]) => name)
  const demanded = (schema.required ?? []).filter((name) => !names.includes(name))
  return [
    ...demanded.map((name) => `${place}.${name} is demanded, the client does not know it`),
    ...type.fields.flatMap(([name, text]) => {
      const field = schema.properties?.[name]
      if (field !== undefined) return compareBody(text, field as JsonSchema, types, `${place}.${name}`)
      return schema.additionalProperties === false ? [`${place}.${name} is refused`] : []
    }),
  ]
}

const JSON_TYPES: Record<ContractType['kind'], string> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  map: 'object',
  list: 'array',
  choice: 'string',
  record: 'object',
  nothing: 'nothing',
}

/** The alternatives of a schema, with references followed. */
function variants(schema: JsonSchema, types: Types): JsonSchema[] {
  if (typeof schema.$ref === 'string') {
    const target = types.ours[schema.$ref.replace('#/components/schemas/', '')]
    if (!target) throw new Error(`The document has no ${schema.$ref}`)
    return variants(target, types)
  }
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type }))
  const alternatives = schema.anyOf ?? schema.oneOf
  return alternatives ? alternatives.flatMap((one) => variants(one as JsonSchema, types)) : [schema]
}

function jsonType({ type, const: constant, enum: values }: JsonSchema): string {
  if (type === 'integer') return 'number'
  if (typeof type === 'string') return type
  const [value] = values ?? (constant === undefined ? [] : [constant])
  return value === undefined ? 'anything' : typeof value
}

function choices({ const: constant, enum: values }: JsonSchema): string[] | undefined {
  return (values ?? (constant === undefined ? undefined : [constant])) as string[] | undefined
}
