import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import { openApiDocument } from '../../lib/http/openapi.ts'
import { type Operation, operation } from '../../lib/http/operation.ts'
import { route } from '../../lib/http/route.ts'
import { compareOperation, describedOperation } from './compare.ts'
import type { Contract, ContractOperation } from './contract.ts'

const PATH = '/things/{id}'
const WANTED: ContractOperation = {
  method: 'PUT',
  path: PATH,
  operationId: 'thingsIdPut',
  tag: 'Things',
  bearer: true,
  pathParams: [{ name: 'id', type: 'number' }],
  query: [{ name: 'filter', type: 'string', required: false }],
  body: 'Thing',
  bodyRequired: true,
  response: 'Array<Thing>',
  accept: 'application/json',
  statuses: [200, 400, 404],
}
const CONTRACT: Contract = {
  operations: [WANTED],
  schemas: {
    Thing: { name: 'string', size: 'number', parts: 'Array<Part>', extra: '{ [key: string]: any; }' },
    Part: { state: 'State' },
    State: { enum: ['on', 'off'], names: {} },
  },
}

const Part = z.object({ state: z.enum(['on', 'off']).optional() })
const Thing = z.object({
  name: z.string(),
  size: z.int().nullish(),
  parts: z.array(Part).optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
})
const Answer = Thing.extend({ size: z.int(), hidden: z.boolean() })

function compare(fields: Partial<Operation>, wanted: Partial<ContractOperation> = {}) {
  const declared = operation({
    summary: 'Change a thing',
    tag: 'Things',
    access: 'user',
    params: z.object({ id: z.coerce.number() }),
    query: z.object({ filter: z.string().optional() }),
    body: { json: Thing },
    responses: { 200: z.array(Answer) },
    errors: ['not_found'],
    handle: () => new Response(),
    ...(fields as object),
  })
  const document = openApiDocument([route(PATH, { PUT: declared })], 'test')
  return compareOperation({ ...WANTED, ...wanted }, describedOperation(document, WANTED)!, CONTRACT, document)
}

const answering = (shape: z.core.$ZodLooseShape) => ({ responses: { 200: z.array(Answer.extend(shape)) } })
const taking = (shape: z.core.$ZodLooseShape) => ({ body: { json: Thing.extend(shape) } })

describe('compareOperation', () => {
  it('has nothing against an operation that fits', () => {
    expect(compare({})).toEqual({ problems: [], unsent: [] })
  })

  test.each<[what: string, fields: Partial<Operation>, problem: string]>([
    ['another tag', { tag: 'Stuff' }, 'tag is Stuff, the client expects Things'],
    ['no credential', { access: 'public' }, 'bearer credential is false, the client expects true'],
    [
      'a path parameter of another type',
      { params: z.object({ id: z.string() }) },
      'path parameter id does not',
    ],
    ['no filter', { query: z.object({}) }, 'query parameter filter is missing'],
    ['a filter that must be there', { query: z.object({ filter: z.string() }) }, 'filter required is true'],
    [
      'a query parameter that the client does not know',
      { query: z.object({ filter: z.string().optional(), sort: z.string() }) },
      'query parameter sort is demanded',
    ],
    ['no JSON body', { body: { multipart: Thing } }, 'no JSON body is taken'],
    ['a body field of another type', taking({ name: z.number() }), 'body.name does not take string'],
    ['a body field that the client does not know', taking({ colour: z.string() }), 'body.colour is demanded'],
    [
      'a closed body without a field that the client sends',
      { body: { json: z.strictObject({ name: z.string() }) } },
      'body.size is refused',
    ],
    [
      'an inner choice that lacks a value',
      taking({ parts: z.array(z.object({ state: z.literal('on') })) }),
      'body.parts[].state does not take off',
    ],
    ['another success status', { responses: { 201: z.array(Answer) } }, 'success statuses is 201'],
    ['an error status that is missing', { errors: [] }, 'status 404 is missing'],
    ['no list', { responses: { 200: Answer } }, 'answer is object, the client expects array'],
    ['an answer field of another type', answering({ name: z.number() }), 'answer[].name is number'],
    ['an answer field that may be null', answering({ name: z.string().nullable() }), 'answer[].name is null'],
    [
      'an inner answer that the client does not know',
      answering({ parts: z.array(z.object({ state: z.enum(['on', 'broken']) })) }),
      'answer[].parts[].state may be broken',
    ],
    [
      'another media type',
      { responses: { 200: z.string().meta({ contentMediaType: 'text/plain' }) } },
      'media type is text/plain',
    ],
    ['no answer body', { responses: { 200: null } }, 'answer 200 is void'],
  ])('tells of %s', (_what, fields, problem) => {
    expect(compare(fields).problems.join('\n')).toContain(problem)
  })

  it('tells of a body that the client may leave out or never sends', () => {
    expect(compare({}, { bodyRequired: false }).problems).toEqual([
      'the body is demanded, the client may leave it out',
    ])
    expect(compare({}, { body: null }).problems).toEqual(['a body is demanded, the client sends none'])
  })

  it('tells of a body where the client expects none', () => {
    expect(compare({}, { response: 'void' }).problems).toEqual([
      'answer 200 is a body, the client expects void',
    ])
  })

  it('lists fields that are never sent', () => {
    const { parts: _, ...rest } = Answer.shape
    expect(compare({ responses: { 200: z.array(z.object(rest)) } })).toEqual({
      problems: [],
      unsent: ['answer[].parts'],
    })
  })
})
