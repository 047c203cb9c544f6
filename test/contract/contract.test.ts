import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openApiDocument } from '../../lib/http/openapi.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { compareOperation, describedOperation, operationName } from './compare.ts'
import { contract } from './contract.ts'

/** Only ever lowered, by whoever builds an operation and takes it off the list. */
const MOST_NOT_BUILT = 65

const notBuilt: string[] = readJson('not-built.json')
/** Fields of the client's types that an answer leaves out, as `METHOD path: answer.field`. */
const unsentFields: string[] = readJson('unsent-fields.json')

const document = openApiDocument(
  routes.map(({ route }) => route),
  'test',
)
const operations = contract.operations.map((wanted) => ({
  name: operationName(wanted),
  wanted,
  ours: describedOperation(document, wanted),
}))
const built = operations.flatMap(({ ours, ...rest }) => (ours ? [{ ...rest, ours }] : []))

describe('the contract with the public client', () => {
  test.each(built)('$name does what the client expects', ({ wanted, ours }) => {
    expect(compareOperation(wanted, ours, contract, document).problems).toEqual([])
  })

  test('every answer sends the fields that the client knows, but for those listed', () => {
    const unsent = built.flatMap(({ name, wanted, ours }) =>
      compareOperation(wanted, ours, contract, document).unsent.map((field) => `${name}: ${field}`),
    )
    expect(unsent.sort()).toEqual(unsentFields)
  })

  test('the list of operations not built yet is right and only shrinks', () => {
    console.log(`covered ${built.length} of ${operations.length}`)
    const missing = operations.filter(({ ours }) => !ours).map(({ name }) => name)
    expect(notBuilt).toEqual(missing.sort())
    expect(notBuilt.length).toBeLessThanOrEqual(MOST_NOT_BUILT)
  })
})

function readJson(name: string): string[] {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
}
