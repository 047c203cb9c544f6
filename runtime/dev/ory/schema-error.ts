import { kratosError } from './kratos-error.ts'
import { type Problem, traitProblems } from './traits.ts'

interface Leaf {
  instance: string
  schema: string
  text: string
}

/** @throws 400 in the words of Kratos' JSON Schema library, which the admin API shows as they are */
export function refuseBadTraits(traits: unknown): void {
  const leaves = traitProblems(traits).map(leafOf)
  if (leaves.length === 0) return

  const wrongEmail = leaves.find(
    ({ schema, instance }) => instance === '#/traits/email' && schema.endsWith('/format'),
  )
  if (wrongEmail) leaves.push(wrongEmail)
  throw kratosError(400, { reason: print(leaves) })
}

function print(leaves: Leaf[]): string {
  const lines = leaves.map(({ instance, schema, text }) => `I[${instance}] S[${schema}] ${text}`)
  if (lines.length === 1) return lines[0]!

  const { instance, schema } = leaves[0]!
  const isOneField = leaves.every((leaf) => leaf.instance === instance)
  const head = isOneField
    ? `I[${instance}] S[${schema.replace(/\/[^/]+$/, '')}]`
    : 'I[#/traits] S[#/properties/traits]'
  return [`${head} validation failed`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function leafOf({ field, message }: Problem): Leaf {
  const path = field.split('.')
  const parent = path.slice(0, -1)
  const text = message.text
  if (message.id === 4000002) {
    return {
      instance: pointer(parent),
      schema: `${place(parent)}/required`,
      text: `missing properties: "${path.at(-1)}"`,
    }
  }
  const keyword = text.startsWith('additionalProperties')
    ? 'additionalProperties'
    : (keywords[message.id] ?? 'format')
  return { instance: pointer(path), schema: `${place(path)}/${keyword}`, text }
}

const keywords: Record<number, string> = { 4000003: 'minLength', 4000017: 'maxLength', 4000026: 'type' }

function pointer(path: string[]): string {
  return `#/${path.join('/')}`
}

function place(path: string[]): string {
  return `#/${path.map((name) => `properties/${name}`).join('/')}`
}
