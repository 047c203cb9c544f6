import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Emulator } from './emulator.ts'
import type { Exchange } from './exchange.ts'

const sealBytes = 32

/** Adds a cookie whose value nobody else can make. A lifetime of 0 takes it back. */
export function setSealedCookie(
  exchange: Exchange,
  name: string,
  value: string,
  maxAgeSeconds: number,
): void {
  const { emulator, headers } = exchange
  const expires = maxAgeSeconds > 0 ? new Date(emulator.now() + maxAgeSeconds * 1000) : new Date(1000)
  const secure = emulator.cookieSecure ? '; Secure' : ''
  headers.append(
    'set-cookie',
    `${name}=${seal(emulator, name, value)}; Path=/; Expires=${expires.toUTCString()}; Max-Age=${maxAgeSeconds}; HttpOnly${secure}; SameSite=Lax`,
  )
}

/** The value of a cookie that we sealed; empty when it is missing or not ours. */
export function readSealedCookie({ emulator, cookies }: Exchange, name: string): string {
  const bytes = Buffer.from(cookies.get(name)?.[0] ?? '', 'base64url')
  if (bytes.length <= sealBytes) return ''

  const content = bytes.subarray(sealBytes)
  const isOurs = timingSafeEqual(bytes.subarray(0, sealBytes), signature(emulator, name, content))
  return isOurs ? content.toString() : ''
}

function seal(emulator: Emulator, name: string, value: string): string {
  const content = Buffer.from(value)
  return Buffer.concat([signature(emulator, name, content), content]).toString('base64url')
}

function signature({ cookieKey }: Emulator, name: string, content: Buffer): Buffer {
  return createHmac('sha256', cookieKey).update(`${name}:`).update(content).digest()
}
