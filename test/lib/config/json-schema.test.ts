import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { jsonSchema } from '../../../lib/config/json-schema.ts'

interface Node {
  description?: string
  properties?: Record<string, Node>
  items?: Node
  anyOf?: Node[]
  required?: string[]
  additionalProperties?: boolean
  writeOnly?: boolean
}

const SCHEMA = jsonSchema() as Node

/** Every key of a schema with the schema of its value. */
function* keysOf(node: Node, path = ''): Generator<[string, Node]> {
  for (const [key, entry] of Object.entries(node.properties ?? {})) {
    yield [`${path}${key}`, entry]
    yield* keysOf(entry, `${path}${key}.`)
  }
  for (const branch of [...(node.anyOf ?? []), ...(node.items ? [node.items] : [])])
    yield* keysOf(branch, path)
}

/** Every key of a value, lists looked through. */
function* keysIn(value: unknown, path = ''): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* keysIn(item, path)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      yield `${path}${key}`
      yield* keysIn(entry, `${path}${key}.`)
    }
  }
}

const KEYS = new Map(keysOf(SCHEMA))

test('every key is described', () => {
  expect(KEYS.size).toBeGreaterThan(150)
  expect([...KEYS].filter(([, node]) => !node.description).map(([key]) => key)).toEqual([])
})

test('every key of the compose template is known', () => {
  const rendered = parse(
    readFileSync(new URL('../../fixtures/config/compose-rendered.yaml', import.meta.url), 'utf8'),
  )
  const used = [...new Set(keysIn(rendered))]
  expect(used.length).toBeGreaterThan(70)
  expect(used.filter((key) => !KEYS.has(key))).toEqual([])
})

test('editors mark misspelt keys and accept a secret by its file', () => {
  expect(SCHEMA.additionalProperties).toBe(false)
  expect(SCHEMA.required).toEqual(['kratos'])
  expect(KEYS.get('jwtKey')?.writeOnly).toBe(true)
  for (const key of ['jwtKey_FILE', 'database.password_FILE', 'token.es256Keys.privateKey_FILE']) {
    expect([...KEYS.keys()]).toContain(key)
  }
  expect([...KEYS.keys()]).not.toContain('issuer_FILE')
})

test('a reference passes where a number, a flag or a choice is expected', () => {
  const passes = (key: string, text: string) =>
    (KEYS.get(key)!.anyOf as { pattern?: string }[]).some(
      ({ pattern }) => pattern && new RegExp(pattern).test(text),
    )
  for (const key of ['port', 'debug', 'log.level']) {
    expect(passes(key, `\${NAME:-x}`)).toBe(true)
    expect(passes(key, 'maybe')).toBe(false)
  }
  expect(passes('port', '8000')).toBe(true)
  expect(passes('debug', 'yes')).toBe(true)
})
