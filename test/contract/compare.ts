import type { JsonSchema } from '../../lib/http/openapi/schemas.ts'
import type { OpenApiDocument } from '../../lib/http/openapi.ts'
import { type Comparison, compareAnswer, compareBody, type Types } from './compare-types.ts'
import type { Contract, ContractOperation } from './contract.ts'

interface Content {
  content?: Record<string, { schema: JsonSchema }>
}

interface Parameter {
  name: string
  in: string
  required: boolean
  schema: JsonSchema
}

/** An operation of our document. */
export interface Described {
  operationId: string
  tags: string[]
  security: Record<string, unknown>[]
  parameters?: Parameter[]
  requestBody?: Content & { required: boolean }
  responses: Record<string, Content>
}

/**
 * Bodies that reach us although the generated code declares none: the client's own calls pass JSON or a form through it,
 * and Stripe posts its events.
 */
const UNDECLARED_BODIES = new Set([
  'POST /authlance/identity/api/v1/profile/me',
  'POST /authlance/identity/api/v1/admin/user',
  'POST /authlance/identity/api/v1/admin/group/{group}/members',
  'DELETE /authlance/identity/api/v1/admin/group/{group}/members',
  'POST /authlance/identity/api/v1/admin/group/{group}/role',
  'POST /authlance/identity/api/v1/realm/admin/group/{group}/members',
  'DELETE /authlance/identity/api/v1/realm/admin/group/{group}/members',
  'POST /authlance/identity/api/v1/realm/admin/group/{group}/role',
  'POST /authlance/payments/api/v1/stripe/webhook',
])

export function operationName({ method, path }: Pick<ContractOperation, 'method' | 'path'>): string {
  return `${method} ${path}`
}

/** Our description of an operation of the contract; undefined while it is not built. */
export function describedOperation(
  document: OpenApiDocument,
  { method, path }: Pick<ContractOperation, 'method' | 'path'>,
): Described | undefined {
  return document.paths[path]?.[method.toLowerCase()] as unknown as Described | undefined
}

/** Where an unmodified client would stumble over our operation. */
export function compareOperation(
  wanted: ContractOperation,
  ours: Described,
  contract: Contract,
  document: OpenApiDocument,
): Comparison {
  const types: Types = {
    contract: contract.schemas,
    ours: document.components['schemas'] as Record<string, JsonSchema>,
  }
  const answers = compareAnswers(wanted, ours, types)
  return {
    problems: [
      ...compareNames(wanted, ours),
      ...compareParameters(wanted, ours, types),
      ...compareRequest(wanted, ours, types),
      ...compareStatuses(wanted, ours),
      ...answers.problems,
    ],
    unsent: answers.unsent,
  }
}

function compareNames({ operationId, tag, bearer }: ContractOperation, ours: Described): string[] {
  const takesBearer = ours.security.some((alternative) => 'BearerAuth' in alternative)
  return [
    ...differs('operationId', ours.operationId, operationId),
    ...differs('tag', ours.tags[0], tag),
    ...differs('bearer credential', takesBearer, bearer),
  ]
}

function compareParameters(wanted: ContractOperation, ours: Described, types: Types): string[] {
  const inPath = ours.parameters?.filter((parameter) => parameter.in === 'path') ?? []
  const inQuery = new Map(
    ours.parameters?.filter((parameter) => parameter.in === 'query').map((one) => [one.name, one]),
  )
  const added = [...inQuery.values()].filter(
    ({ name, required }) => required && !wanted.query.some((one) => one.name === name),
  )
  return [
    ...differs('path parameters', names(inPath), names(wanted.pathParams)),
    ...wanted.pathParams.flatMap(({ name, type }) => {
      const schema = inPath.find((one) => one.name === name)?.schema
      return schema ? compareBody(type, schema, types, `path parameter ${name}`) : []
    }),
    ...wanted.query.flatMap(({ name, type, required }) => {
      const parameter = inQuery.get(name)
      if (!parameter) return [`query parameter ${name} is missing`]
      return [
        ...differs(`query parameter ${name} required`, parameter.required, required),
        ...compareBody(type, parameter.schema, types, `query parameter ${name}`),
      ]
    }),
    ...added.map(({ name }) => `query parameter ${name} is demanded, the client does not know it`),
  ]
}

function compareRequest(wanted: ContractOperation, { requestBody }: Described, types: Types): string[] {
  if (wanted.body === null) {
    const demanded = requestBody?.required && !UNDECLARED_BODIES.has(operationName(wanted))
    return demanded ? ['a body is demanded, the client sends none'] : []
  }
  const json = requestBody?.content?.['application/json']
  if (!json) return ['no JSON body is taken']
  return [
    ...(requestBody.required && !wanted.bodyRequired
      ? ['the body is demanded, the client may leave it out']
      : []),
    ...compareBody(wanted.body, json.schema, types),
  ]
}

function compareStatuses(wanted: ContractOperation, { responses }: Described): string[] {
  const ours = Object.keys(responses).map(Number)
  const missing = wanted.statuses.filter((status) => status >= 300 && !ours.includes(status))
  return [
    ...differs('success statuses', ours.filter(isSuccess).join(), wanted.statuses.filter(isSuccess).join()),
    ...missing.map((status) => `status ${status} is missing`),
  ]
}

function compareAnswers(wanted: ContractOperation, { responses }: Described, types: Types): Comparison {
  const bodies = Object.entries(responses).filter(([status]) => isSuccess(Number(status)) && status !== '204')
  const found = bodies.map(([status, { content = {} }]) => {
    const [[mediaType, { schema }] = [undefined, {} as { schema?: JsonSchema }]] = Object.entries(content)
    if (wanted.response === 'void' || !schema) {
      return {
        problems: differs(`answer ${status}`, schema ? 'a body' : 'void', wanted.response),
        unsent: [],
      }
    }
    const { problems, unsent } = compareAnswer(wanted.response, schema, types)
    const accepted = wanted.accept === '*/*' ? mediaType : wanted.accept
    return { problems: [...differs('media type', mediaType, accepted), ...problems], unsent }
  })
  return {
    problems: found.flatMap(({ problems }) => problems),
    unsent: found.flatMap(({ unsent }) => unsent),
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function names(parameters: { name: string }[]): string {
  return parameters.map(({ name }) => name).join()
}

function differs(what: string, ours: unknown, wanted: unknown): string[] {
  return ours === wanted ? [] : [`${what} is ${ours}, the client expects ${wanted}`]
}
