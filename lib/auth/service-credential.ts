import type { Config } from '../config.ts'
import { ApiError } from '../http/errors.ts'
import type { ServiceAccess } from '../http/operation.ts'

/**
 * Admits the programs beside us: Kratos with the Basic credentials of `mailAuth`, Hydra with a bearer token of
 * `hydra.hydraLoginToken`. Where none is configured, nobody is admitted.
 * @throws {ApiError} `credentials_invalid`
 */
export async function requireServiceCredential(
  request: Request,
  access: ServiceAccess,
  config: Pick<Config, 'mailAuth' | 'hydra'>,
): Promise<void> {
  const { scheme, accepted } = expectedOf(access, config)
  const given = new RegExp(`^${scheme} +(\\S+) *$`, 'i').exec(request.headers.get('authorization') ?? '')?.[1]
  if (given !== undefined && (await isAmong(given, accepted))) return
  const headers = { 'www-authenticate': `${scheme} realm="authlance"` }
  throw new ApiError('credentials_invalid', { headers })
}

function expectedOf(access: ServiceAccess, { mailAuth, hydra }: Pick<Config, 'mailAuth' | 'hydra'>) {
  if (access === 'hydraBearer') return { scheme: 'Bearer', accepted: hydra.hydraLoginToken }
  const { user, password } = mailAuth
  const isGiven = user !== undefined && password !== undefined
  return { scheme: 'Basic', accepted: isGiven ? [base64(`${user}:${password}`)] : [] }
}

/** Compares digests, and with every accepted secret, so that the time tells nothing of any of them. */
async function isAmong(given: string, accepted: string[]): Promise<boolean> {
  const digest = await sha256(given)
  let found = false
  for (const secret of accepted) found = isEqual(digest, await sha256(secret)) || found
  return found
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
