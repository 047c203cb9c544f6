import type { Exchange } from './exchange.ts'
import { kratosError } from './kratos-error.ts'
import { isObject } from './traits.ts'

/** Reads a JSON object whose every key must be known. @throws 400 in the words of Go's decoder */
export async function readStrict(
  exchange: Exchange,
  goType: string,
  known: string[],
): Promise<Record<string, unknown>> {
  const body = parse(await exchange.body(), (message) => kratosError(400, { message }))
  if (!isObject(body)) {
    throw kratosError(400, {
      message: `json: cannot unmarshal ${goKind(body)} into Go value of type ${goType}`,
    })
  }
  const unknown = Object.keys(body).find((key) => !known.includes(key))
  if (unknown) throw kratosError(400, { message: `json: unknown field ${JSON.stringify(unknown)}` })
  return body
}

/** Reads a JSON object of any keys. @throws 400 */
export async function readLoose(exchange: Exchange): Promise<Record<string, unknown>> {
  const raw = await exchange.body()
  if (raw === '') {
    throw kratosError(400, {
      reason: 'Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.',
    })
  }
  const refuse = (message: string) =>
    kratosError(400, { reason: `Unable to decode JSON payload: ${message}` })
  const body = parse(raw, refuse)
  if (!isObject(body)) throw refuse(`json: cannot unmarshal ${goKind(body)} into Go value`)
  return body
}

/** The name that Go gives a JSON value's kind. */
export function goKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function parse(raw: string, refuse: (message: string) => Error): unknown {
  if (raw === '') throw refuse('EOF')
  try {
    return JSON.parse(raw)
  } catch (error) {
    throw refuse((error as Error).message)
  }
}
