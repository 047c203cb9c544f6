import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { jsonText } from '../../../lib/http/json-text.ts'
import { openApiDocument } from '../../../lib/http/openapi.ts'
import { type Operation, operation } from '../../../lib/http/operation.ts'
import { type Operations, route } from '../../../lib/http/route.ts'
import { routes } from '../../../runtime/routes.generated.ts'

const product = () =>
  openApiDocument(
    routes.map(({ route }) => route),
    '1.2.3',
  )

const ITEM = '/groups/{group}/items'
const Item = z.object({ id: z.int(), note: z.string().optional() }).meta({ id: 'Item' })

function documentOf(operations: Operations, path = ITEM) {
  return openApiDocument([route(path, operations)], '1.2.3')
}

/** The one operation of a document, loosely typed since a test asserts what it expects. */
// biome-ignore lint/suspicious/noExplicitAny: see above
function described(method: 'get' | 'post', fields: Partial<Operation>): any {
  const declared = operation({
    summary: 'A thing',
    access: 'groupAdmin',
    responses: { 200: Item },
    handle: () => ({ id: 1 }),
    ...(fields as object),
  })
  return documentOf({ [method.toUpperCase()]: declared }).paths[ITEM]?.[method]
}

describe('the document of the product', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(product()) as never)
    expect(result).toEqual({ valid: true })
  })

  it('refers to nothing that it does not hold', () => {
    const document = product()
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref!)
    expect(refs).toContain('#/components/schemas/DunaAuthCommonGroup')
    const names = Object.keys(document.components['schemas']!)
    expect(new Set(refs)).toEqual(new Set(names.map((name) => `#/components/schemas/${name}`)))
  })

  it('does not depend on the order of the routes', () => {
    const reversed = routes.map(({ route }) => route).reverse()
    expect(JSON.stringify(openApiDocument(reversed, '1.2.3'))).toBe(JSON.stringify(product()))
  })

  it('shows no route of the internal port', () => {
    const internal = routes.filter(({ route }) => route.listener === 'internal')
    expect(internal.map(({ route }) => route.path)).toContain('/metrics')
    for (const { route } of internal) expect(product().paths).not.toHaveProperty([route.path])
  })

  it('says of the Kratos proxy what no path can say', () => {
    const { paths, tags } = product()
    expect(Object.keys(paths).filter((path) => path.includes('+'))).toEqual([])
    expect(tags.find(({ name }) => name === 'Kratos')?.description).toContain(
      'Any method on `/authlance/identity/{+path}`',
    )
  })

  it('asks for a Kratos credential where a session is exchanged, for ours elsewhere', () => {
    const { paths } = product()
    expect(paths['/authlance/identity/me']!['post']!['security']).toEqual([
      { KratosCookie: [] },
      { KratosSessionToken: [] },
    ])
    expect(paths['/authlance/identity/me/logout']!['get']!['security']).toEqual([])
    expect(paths['/authlance/identity/api/v1/profile/me']!['post']!['security']).toEqual([
      { BearerAuth: [] },
      { LoopTokenCookie: [] },
    ])
  })
})

describe('a described operation', () => {
  const statuses = ({ responses }: { responses: object }) => Object.keys(responses).map(Number)

  it('has the errors that its access level and path imply', () => {
    expect(statuses(described('get', {}))).toEqual([200, 400, 401, 403, 404, 500, 503])
    expect(statuses(described('get', { access: 'groupMember' }))).toContain(404)
    const open = documentOf(
      {
        GET: operation({
          summary: 'A thing',
          access: 'public',
          responses: { 200: Item },
          handle: () => ({ id: 1 }),
        }),
      },
      '/open',
    )
    expect(statuses(open.paths['/open']!['get'] as never)).toEqual([200, 500])
  })

  it('has the errors that a body implies and those that it names itself', () => {
    const { responses } = described('post', { body: { json: Item }, errors: ['conflict'] })
    expect(statuses({ responses })).toEqual([200, 400, 401, 403, 404, 409, 413, 415, 500, 503])
    expect(responses[403].description).toMatch(/`forbidden`.*`origin_not_allowed`.*`profile_incomplete`/s)
    expect(responses[409].content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    })
  })

  it('keeps an answer that it declares for an error status', () => {
    const { responses } = described('get', { responses: { 200: Item, 503: Item } })
    expect(Object.keys(responses[503].content)).toEqual(['application/json'])
  })

  it('lists path and query parameters with the types that a client sends', () => {
    const { parameters } = described('get', {
      params: z.object({ group: z.coerce.number().int() }),
      query: z.object({ page: z.coerce.number().default(1), filter: z.string() }),
    })
    expect(parameters).toMatchObject([
      { name: 'group', in: 'path', required: true, schema: { type: 'integer' } },
      { name: 'page', in: 'query', required: false, schema: { type: 'number', default: 1 } },
      { name: 'filter', in: 'query', required: true, schema: { type: 'string' } },
    ])
  })

  it('lists each content type of a body, with JSON text and files in a form', () => {
    const multipart = z.object({ item: jsonText(Item), picture: z.file().optional() })
    const { requestBody } = described('post', { body: { json: Item, multipart, optional: true } })
    expect(requestBody).toMatchObject({
      required: false,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/Item' } },
        'multipart/form-data': {
          schema: {
            required: ['item'],
            properties: {
              item: {
                type: 'string',
                contentMediaType: 'application/json',
                contentSchema: { $ref: '#/components/schemas/Item' },
              },
              picture: { type: 'string', format: 'binary' },
            },
          },
        },
      },
    })
  })

  it('answers without a body, or with another media type, when it says so', () => {
    const text = z.string().meta({ contentMediaType: 'text/plain' })
    const { responses } = described('post', { responses: { 200: text, 204: null } })
    expect(responses[200].content).toEqual({ 'text/plain': { schema: { type: 'string' } } })
    expect(responses[204]).toEqual({ description: 'No content' })
  })
})

describe('a schema name', () => {
  const Defaulted = z.object({ size: z.number().default(1) }).meta({ id: 'Defaulted' })

  it('with two meanings is refused', () => {
    const build = () => described('post', { body: { json: Defaulted }, responses: { 200: Defaulted } })
    expect(build).toThrow('Two schemas are named Defaulted')
  })

  it('leaves answers open for more fields, and strict bodies closed', () => {
    const Strict = z.strictObject({ id: z.int() }).meta({ id: 'Strict' })
    const declared = operation({
      summary: 'A thing',
      access: 'user',
      body: { json: Strict },
      responses: { 200: Item },
      handle: () => ({ id: 1 }),
    })
    const schemas = documentOf({ POST: declared }).components['schemas']!
    expect(schemas['Strict']).toHaveProperty('additionalProperties', false)
    expect(schemas['Item']).not.toHaveProperty('additionalProperties')
  })
})
