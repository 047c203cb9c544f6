import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

export interface Meter extends Transform {
  /** Of what has passed so far. */
  readonly bytes: number
  /** The SHA-256 of all that passed, in hex; to be called once, at the end. */
  digest(): string
}

/** Counts and hashes what passes through. */
export function createMeter(): Meter {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const digest = () => hash.digest('hex')
  return Object.defineProperties(stream, { bytes: { get: () => bytes }, digest: { value: digest } }) as Meter
}
