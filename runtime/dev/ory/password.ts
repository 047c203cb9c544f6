import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Message, passwordTooLong, passwordTooShort, passwordTooSimilar } from './messages.ts'

const minimumLength = 8
const maximumBytes = 72
const minimumDistance = 5
const maximumSharedPart = 0.5

const derive = promisify<string, Buffer, number, { N: number }, Buffer>(scrypt)
/** Low, since this is a development tool; the cost stands in each hash. */
const cost = 4096

/** A salted hash of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, 32, { N: cost })
  return `scrypt$${cost}$${salt.toString('base64')}$${key.toString('base64')}`
}

/** Whether a password belongs to a hash; an empty hash fits no password and takes as long. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, n = String(cost), salt = '', key = ''] = hash.split('$')
  const expected = Buffer.from(key, 'base64')
  const actual = await derive(password, Buffer.from(salt, 'base64'), 32, { N: Number(n) })
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** What the password policy has against a password, if anything. */
export function passwordProblem(password: string, identifier: string): Message | undefined {
  const bytes = Buffer.byteLength(password)
  if (bytes < minimumLength) return passwordTooShort(minimumLength, bytes)
  if (identifier !== '' && isTooSimilar(identifier.toLowerCase(), password.toLowerCase()))
    return passwordTooSimilar
  return bytes > maximumBytes ? passwordTooLong(maximumBytes, bytes) : undefined
}

function isTooSimilar(identifier: string, password: string): boolean {
  if (editDistance(identifier, password) < minimumDistance) return true
  return longestShared(identifier, password) / password.length > maximumSharedPart
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      current[j] = Math.min(current[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + change)
    }
    previous = current
  }
  return previous[b.length]!
}

/** The length of the longest run of characters that both contain. */
function longestShared(a: string, b: string): number {
  let longest = 0
  let previous = new Array<number>(b.length + 1).fill(0)
  for (const character of a) {
    const current = new Array<number>(b.length + 1).fill(0)
    for (let j = 1; j <= b.length; j += 1) {
      if (character !== b[j - 1]) continue
      current[j] = previous[j - 1]! + 1
      longest = Math.max(longest, current[j]!)
    }
    previous = current
  }
  return longest
}
