import type { TokenKeys } from '../auth/token-keys.ts'

/** What a check of a name was about. */
export interface CheckedName {
  /** The slug, normalised. */
  name: string
  /** Who asked. */
  identity: string
}

const LABEL = 'group-availability'
const SIGNATURE_LIFE_MS = 30 * 60_000
const SIGNATURE = /^(\d{1,15})\.([\w-]{43})$/

/**
 * Proves that this identity was told that the name is free. It holds nothing: another may have taken the name since.
 * @param now milliseconds since the epoch
 */
export async function signAvailability(
  keys: Pick<TokenKeys, 'derive'>,
  checked: CheckedName,
  now: number,
): Promise<string> {
  const expiresAt = now + SIGNATURE_LIFE_MS
  const mac = await crypto.subtle.sign('HMAC', await keys.derive(LABEL), signedBytes(checked, expiresAt))
  return `${expiresAt}.${base64Url(mac)}`
}

/** Whether we signed this for the same name and identity within the last 30 minutes. */
export async function verifyAvailability(
  keys: Pick<TokenKeys, 'derive'>,
  signature: string,
  checked: CheckedName,
  now: number,
): Promise<boolean> {
  const [, expiry, mac] = SIGNATURE.exec(signature) ?? []
  if (expiry === undefined || Number(expiry) <= now) return false
  const key = await keys.derive(LABEL)
  return crypto.subtle.verify('HMAC', key, fromBase64Url(mac!), signedBytes(checked, Number(expiry)))
}

/** JSON, so that no other name and identity give the same bytes. */
function signedBytes({ name, identity }: CheckedName, expiresAt: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([name, identity, expiresAt]))
}

function base64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
