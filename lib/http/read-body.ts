import type { Config } from '../config.ts'
import { ApiError } from './errors.ts'
import type { BodySchemas } from './operation.ts'
import { validate } from './validate.ts'

/**
 * Reads and validates the body by its content type, within the size limits.
 * @throws {ApiError} `unsupported_media_type`, `payload_too_large`, `invalid_json`, `invalid_form`, `invalid_request`
 */
export async function readBody<Body>(
  request: Request,
  schemas: BodySchemas<Body>,
  limits: Config['limits'],
): Promise<Body> {
  const contentType = request.headers.get('content-type') ?? ''
  const kind = bodyKind(contentType)
  const bytes = await readBytes(request, kind === 'multipart' ? limits.multipartBytes : limits.jsonBytes)

  if (bytes.length === 0 && (contentType === '' || kind === 'json')) {
    if (schemas.optional) return validate(anySchema(schemas), {}, 'body')
    throw new ApiError('invalid_request', { detail: 'The body is missing.' })
  }
  const schema = kind && schemas[kind]
  if (!schema) throw new ApiError('unsupported_media_type')
  return validate(schema, kind === 'json' ? parseJson(bytes) : await parseForm(bytes, contentType), 'body')
}

/**
 * Reads at most `maxBytes`; a longer body is refused before it is held.
 * @throws {ApiError} `payload_too_large`; `invalid_request` when the caller breaks off
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN)
  if (announced > maxBytes) throw new ApiError('payload_too_large')
  // HTTP holds a body to its announced length, so it can be taken whole, which is much cheaper than a stream.
  if (announced <= maxBytes) return withinLimit(await readWhole(request), maxBytes)
  if (!request.body) return new Uint8Array()

  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > maxBytes) throw new ApiError('payload_too_large')
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ApiError ? error : brokenOff(error)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

async function readWhole(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await request.arrayBuffer())
  } catch (error) {
    throw brokenOff(error)
  }
}

/** What a body that its caller did not send whole is answered with, if anybody is still there to read it. */
export function brokenOff(cause: unknown): ApiError {
  return new ApiError('invalid_request', { detail: 'The body broke off.', cause })
}

function withinLimit(bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length > maxBytes) throw new ApiError('payload_too_large')
  return bytes
}

function bodyKind(contentType: string): 'json' | 'form' | 'multipart' | undefined {
  const essence = contentType.split(';')[0]!.trim().toLowerCase()
  if (essence === 'application/json' || essence === 'application/json-patch+json') return 'json'
  if (essence === 'application/x-www-form-urlencoded') return 'form'
  if (essence === 'multipart/form-data') return 'multipart'
  return undefined
}

function anySchema<Body>({ json, form, multipart }: BodySchemas<Body>) {
  return (json ?? form ?? multipart)!
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new ApiError('invalid_json')
  }
}

/** Fields and files by name; of a name that comes twice the last one counts. A form without parts may be empty. */
async function parseForm(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<Record<string, FormDataEntryValue>> {
  if (bytes.length === 0) return {}
  try {
    const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData()
    return Object.fromEntries(await Promise.all([...form].map(readField)))
  } catch {
    if (isEmptyMultipart(bytes)) return {}
    throw new ApiError('invalid_form')
  }
}

/** Browsers send a JSON part either as a field or as a blob with its type; both become text. */
async function readField([name, value]: [string, FormDataEntryValue]): Promise<[string, FormDataEntryValue]> {
  const isJson = typeof value !== 'string' && value.type.startsWith('application/json')
  return [name, isJson ? await value.text() : value]
}

/** A multipart body of nothing but its closing delimiter, which some parsers refuse. */
function isEmptyMultipart(bytes: Uint8Array): boolean {
  return bytes.length < 100 && /^--[^\r\n]+--\s*$/.test(new TextDecoder().decode(bytes))
}
