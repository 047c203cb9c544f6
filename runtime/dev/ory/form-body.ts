import type { Exchange } from './exchange.ts'
import { kratosError } from './kratos-error.ts'
import { isObject } from './traits.ts'

/** What a form sent: JSON as it came, or fields whose dotted names have become a tree and whose empty values are gone. */
export type FormBody = Record<string, unknown>

const formType = 'application/x-www-form-urlencoded'
const supported = `[multipart/form-data ${formType} application/json]`

/**
 * Reads what was submitted to a flow, from the query for GET. Kratos takes multipart bodies but finds no field in them.
 * @throws 400
 */
export async function readForm(exchange: Exchange): Promise<FormBody> {
  const { request, url } = exchange
  if (request.method === 'GET') return fromFields(url.searchParams)

  const raw = await exchange.body()
  if (raw === '') {
    throw kratosError(400, {
      reason: 'Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.',
    })
  }
  const header = request.headers.get('content-type') ?? ''
  const type = header.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return fromJson(raw)
  if (type === formType) return fromFields(new URLSearchParams(raw))
  if (type === 'multipart/form-data') return {}

  throw kratosError(400, {
    reason: `HTTP ${request.method} Request used unknown HTTP Header "Content-Type: ${header}", only ${supported} are supported.`,
  })
}

/** Refuses a submit by GET, where a flow takes none. @throws 400 */
export function refuseGet({ request }: Exchange): void {
  if (request.method !== 'GET') return
  throw kratosError(400, {
    reason:
      'Unable to decode body because HTTP Request Method was "GET" but only [POST PUT PATCH] are supported.',
  })
}

/** A field as text; anything that JSON may hold instead is printed. */
export function textField(body: FormBody, name: string): string {
  const value = body[name]
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The traits that were sent. Kratos' form reader adds an empty name when there is none. */
export function traitsField(body: FormBody): Record<string, unknown> {
  const traits = isObject(body.traits) ? body.traits : {}
  return Object.hasOwn(traits, 'name') ? traits : { ...traits, name: {} }
}

/** The transient payload that was sent, or an empty one, as a flow shows it. */
export function transientField(body: FormBody): Record<string, unknown> {
  return isObject(body.transient_payload) ? body.transient_payload : {}
}

function fromJson(raw: string): FormBody {
  const parsed = parse(raw)
  if (!isObject(parsed)) {
    throw kratosError(400, {
      reason: `Expected JSON sent in request body to be an object but got: ${goKind(parsed)}`,
    })
  }
  const body: FormBody = {}
  for (const [name, value] of Object.entries(parsed)) {
    if (name.includes('.')) assign(body, name, value)
    else if (value !== '' && value !== null) body[name] = value
  }
  return body
}

function fromFields(fields: URLSearchParams): FormBody {
  const body: FormBody = {}
  for (const [name, value] of fields) if (value !== '') assign(body, name, value)
  return body
}

function assign(target: FormBody, dotted: string, value: unknown): void {
  const [head = '', ...rest] = dotted.split('.')
  if (rest.length === 0) {
    if (!Object.hasOwn(target, head)) set(target, head, value)
    return
  }
  if (!Object.hasOwn(target, head) || !isObject(target[head])) set(target, head, {})
  assign(target[head] as FormBody, rest.join('.'), value)
}

/** Defines a property even when its name is `__proto__`. */
function set(target: FormBody, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch (error) {
    throw kratosError(400, { reason: 'Unable to decode form as JSON.', message: (error as Error).message })
  }
}

/** The name that Go's gjson gives a JSON value's type. */
function goKind(value: unknown): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'JSON'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? 'Number' : 'String'
}
