import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cachedOryBinary } from './ory-cache.ts'

export type Part = 'mariadb' | 'nats' | 'chromium' | 'go' | 'kratos' | 'hydra'

/** The programs that each part needs, each under any of its names. */
const PROGRAMS: Record<Exclude<Part, 'kratos' | 'hydra'>, string[][]> = {
  mariadb: [['mariadbd'], ['mariadb-install-db']],
  nats: [['nats-server']],
  chromium: [['chromium', 'chromium-browser', 'google-chrome']],
  go: [['go'], ['gcc', 'cc', 'clang']],
}

/** Where servers and Go live on systems that leave them out of an ordinary user's PATH. */
const EXTRA_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/local/go/bin']

/** Whether a part can be started here. Kratos and Hydra count when built before or when Go can build them. */
export function isAvailable(part: Part): boolean {
  if (part === 'kratos' || part === 'hydra') return cachedOryBinary(part) !== undefined || isAvailable('go')
  return PROGRAMS[part].every((names) => names.some(findProgram))
}

/**
 * For `describe.skipIf(requirePart('nats'))`: true when the part is missing, so that the suite is skipped.
 * @throws when CI is set, where nothing may be skipped
 */
export function requirePart(part: Part): boolean {
  if (isAvailable(part)) return false
  if (process.env.CI === 'true') throw new Error(`${part} is missing, and CI=true allows no skipped tests`)
  return true
}

/** The path of a program under any of its names. @throws when there is none */
export function programPath(...names: string[]): string {
  for (const name of names) {
    const path = findProgram(name)
    if (path) return path
  }
  throw new Error(`${names.join(' or ')} is not installed`)
}

export function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA_DIRECTORIES]
  return directories.map((directory) => join(directory, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
