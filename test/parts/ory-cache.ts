import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type OryName = 'kratos' | 'hydra'

const ROOT = join(import.meta.dirname, '../..')

/** The Go module that pins an Ory program and everything under it. */
export function orySource(name: OryName): string {
  return join(ROOT, 'test/ory', name)
}

/** Where the program built from the present go.sum lies, whether it is built or not. */
export function oryCachePath(name: OryName): string {
  const sum = createHash('sha256').update(readFileSync(join(orySource(name), 'go.sum')))
  return join(ROOT, '.cache/ory', `${name}-${sum.digest('hex').slice(0, 16)}`, name)
}

/** The program's path when it is already built. */
export function cachedOryBinary(name: OryName): string | undefined {
  const path = oryCachePath(name)
  return existsSync(path) ? path : undefined
}
