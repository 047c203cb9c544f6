import { readFileSync } from 'node:fs'

/** What the public client relies on: its operations and the types that its generated code has. */
export interface Contract {
  operations: ContractOperation[]
  schemas: Record<string, ContractSchema>
}

export interface ContractOperation {
  method: string
  path: string
  operationId: string
  tag: string
  /** False for calls that carry no credential of ours. */
  bearer: boolean
  pathParams: { name: string; type: string }[]
  query: { name: string; type: string; required: boolean }[]
  /** TypeScript type; null when the generated code declares no body. */
  body: string | null
  bodyRequired: boolean
  /** TypeScript type; `void` for an answer that nobody reads. */
  response: string
  accept: string
  statuses: number[]
}

/** TypeScript types by field, or the values of an enumeration. */
export type ContractSchema = Record<string, string> | { enum: string[]; names: Record<string, string> }

export const contract: Contract = JSON.parse(readFileSync(new URL('contract.json', import.meta.url), 'utf8'))

/** A TypeScript type of the contract, taken apart. */
export type ContractType =
  | { kind: 'string' | 'number' | 'boolean' | 'map' | 'nothing' }
  | { kind: 'list'; item: ContractType }
  | { kind: 'choice'; values: string[] }
  | { kind: 'record'; fields: [name: string, type: string][] }

/** @throws when the contract does not explain the type */
export function contractType(text: string, schemas: Contract['schemas']): ContractType {
  const list = /^Array<(.+)>$/.exec(text)
  if (list) return { kind: 'list', item: contractType(list[1]!, schemas) }
  if (text === 'void') return { kind: 'nothing' }
  if (text === 'string' || text === 'number' || text === 'boolean') return { kind: text }
  if (text === 'object' || text.startsWith('{ [key: string]:')) return { kind: 'map' }

  const schema = schemas[text]
  if (!schema) throw new Error(`The contract has no schema ${text}`)
  if (Array.isArray(schema.enum)) return { kind: 'choice', values: schema.enum }
  return { kind: 'record', fields: Object.entries(schema as Record<string, string>) }
}
