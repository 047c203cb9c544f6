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
  if (given !== undefined && isAmong(given, accepted)) return
  const headers = { 'www-authenticate': `${scheme} realm="authlance"` }
  throw new ApiError('credentials_invalid', { headers })
}

function expectedOf(access: ServiceAccess, { mailAuth, hydra }: Pick<Config, 'mailAuth' | 'hydra'>) {
  if (access === 'hydraBearer') return { scheme: 'Bearer', accepted: hydra.hydraLoginToken }
  const { user, password } = mailAuth
  const isGiven = user !== undefined && password !== undefined
  return { scheme: 'Basic', accepted: isGiven ? [base64(`${user}:${password}`)] : [] }
}

/** Compares with every accepted secret, in a time that the length of the given one alone decides. */
function isAmong(given: string, accepted: string[]): boolean {
  let found = false
  for (const secret of accepted) found = isEqual(given, secret) || found
  return found
}

function isEqual(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length
  for (let i = 0; i < given.length; i++)
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(i % secret.length)
  return difference === 0
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
