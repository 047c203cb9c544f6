import type { Config } from '../config.ts'

/** Mails without a code that are alike within this time are one mail and its repeats. */
export const ALIKE_MS = 600_000

const ITERATIONS = 100_000

/** HMAC with SHA-256. WebCrypto's takes a turn of a thread pool for each call, so that a host may have a faster one. */
export type HmacSha256 = (
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
) => Uint8Array | Promise<Uint8Array>

export interface MailKey {
  bytes: Uint8Array<ArrayBuffer>
  hmac: HmacSha256
}

/**
 * The key of message ids and of recipients in the log. It comes from the credential that Kratos presents: replicas that take the same
 * mail derive the same key, and a rotated `jwtKey` makes no second id for a mail that is repeated meanwhile. It is stretched, since ids
 * are logged and the password may be a weak one.
 */
export async function importMailKey(
  { user = '', password = '' }: Pick<Config['mailAuth'], 'user' | 'password'>,
  hmac: HmacSha256 = hmacByWebCrypto,
): Promise<MailKey> {
  const base = await crypto.subtle.importKey('raw', bytesOf(password), 'PBKDF2', false, ['deriveBits'])
  const salt = bytesOf(`authlance mail ${user}`)
  const stretch = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }
  return { bytes: new Uint8Array(await crypto.subtle.deriveBits(stretch, base, 256)), hmac }
}

const hmacByWebCrypto: HmacSha256 = async (key, data) => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}

/**
 * The message id of a mail: the same for a repeat, which Kratos sends byte by byte, and another for a new code.
 * @param raw the body as it came
 * @param period of a mail without a code: which `ALIKE_MS` since the epoch it came in
 */
export async function mailId(key: MailKey, raw: Uint8Array<ArrayBuffer>, period?: number): Promise<string> {
  const digest = await sign(key, 'id', bytesOf(period === undefined ? '' : String(period)), raw)
  return `mail_${digest}`
}

/** Stands for an address in the log, so that one can be looked for but not read. */
export async function recipientHash(key: MailKey, address: string): Promise<string> {
  return (await sign(key, 'recipient', bytesOf(address.toLowerCase()))).slice(0, 22)
}

/** The parts are told apart by a byte that is in no text. */
async function sign(key: MailKey, label: string, ...parts: Uint8Array[]): Promise<string> {
  const pieces = [bytesOf(label), ...parts]
  const data = new Uint8Array(pieces.reduce((length, piece) => length + piece.length + 1, 0))
  let offset = 0
  for (const piece of pieces) {
    data.set(piece, offset)
    data[offset + piece.length] = 0xff
    offset += piece.length + 1
  }
  const digest = await key.hmac(key.bytes, data)
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
