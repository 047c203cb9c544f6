import type * as z from 'zod'
import { ERRORS, type ErrorCode } from '../errors.ts'
import type { BodySchemas, Method, Operation } from '../operation.ts'
import { pathPattern } from '../path-pattern.ts'
import { failuresOf, Problem } from './failures.ts'
import { operationId } from './operation-id.ts'
import type { JsonSchema, SchemaStore } from './schemas.ts'
import { securityOf } from './security.ts'

type Description = Record<string, unknown>

const REASONS: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No content' }

/** The OpenAPI Operation Object of one method. */
export function describeOperation(
  method: Method,
  path: string,
  operation: Operation,
  schemas: SchemaStore,
): Description {
  const parameters = [...pathParameters(path, operation, schemas), ...queryParameters(operation, schemas)]
  return {
    operationId: operationId(method, path),
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    tags: [operation.tag ?? 'Other'],
    'x-access': operation.access,
    security: securityOf(operation),
    ...(parameters.length && { parameters }),
    ...(operation.body && { requestBody: requestBody(operation.body, schemas) }),
    responses: { ...answers(operation, schemas), ...failures(method, path, operation, schemas) },
  }
}

function pathParameters(path: string, { params }: Operation, schemas: SchemaStore): Description[] {
  const declared = params ? schemas.input(params).properties : undefined
  return pathPattern(path).names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: declared?.[name] ?? { type: 'string' },
  }))
}

function queryParameters({ query }: Operation, schemas: SchemaStore): Description[] {
  const { properties = {}, required = [] } = query ? schemas.input(query) : {}
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function requestBody(body: BodySchemas<unknown>, schemas: SchemaStore): Description {
  const kinds = [
    ['application/json', body.json],
    ['application/x-www-form-urlencoded', body.form],
    ['multipart/form-data', body.multipart],
  ] as const
  const content = kinds.flatMap(([mediaType, schema]) =>
    schema ? [[mediaType, { schema: schemas.input(schema) }]] : [],
  )
  return { required: !body.optional, content: Object.fromEntries(content) }
}

function answers({ responses }: Operation, schemas: SchemaStore): Description {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      { description: reason(Number(status)), ...(schema && { content: content(schema, schemas) }) },
    ]),
  )
}

function reason(status: number): string {
  return REASONS[status] ?? (status === 503 ? 'Not available' : `Status ${status}`)
}

/** `contentMediaType` in the metadata of a whole answer names its media type. */
function content(schema: z.ZodType, schemas: SchemaStore): Description {
  const { contentMediaType = 'application/json', ...own } = schemas.output(schema) as JsonSchema & {
    contentMediaType?: string
  }
  return { [contentMediaType]: { schema: own } }
}

function failures(method: Method, path: string, operation: Operation, schemas: SchemaStore): Description {
  const schema = schemas.output(Problem)
  return Object.fromEntries(
    [...failuresOf(method, path, operation)]
      .filter(([status]) => !(status in operation.responses))
      .map(([status, codes]) => [status, failure(status, codes, schema)]),
  )
}

function failure(status: number, codes: ErrorCode[], schema: JsonSchema): Description {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join('\n\n'),
    ...(status === 503 && {
      headers: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'string' } } },
    }),
    content: { 'application/problem+json': { schema } },
  }
}
