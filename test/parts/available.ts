import { findProgram } from './find-program.ts'
import { installedModule, NATS_SERVER } from './go-install.ts'
import { goProgram } from './go-program.ts'
import { cachedOryBinary } from './ory-cache.ts'
import { cachedStripeMock } from './stripe-mock.ts'

export type Part =
  | 'mariadb'
  | 'nats'
  | 'nginx'
  | 'shellcheck'
  | 'chromium'
  | 'go'
  | 'kratos'
  | 'hydra'
  | 'stripe-mock'
  | 'nats-2.10'
  | 'root'

const CHECKS: Record<Part, () => boolean> = {
  mariadb: () => Boolean(findProgram('mariadbd') && findProgram('mariadb-install-db')),
  nats: () => Boolean(findProgram('nats-server')),
  nginx: () => Boolean(findProgram('nginx')),
  shellcheck: () => Boolean(findProgram('shellcheck')),
  chromium: () => Boolean(findProgram('chromium', 'chromium-browser', 'google-chrome')),
  go: () => Boolean(goProgram() && findProgram('gcc', 'cc', 'clang')),
  // Both are built before the tests, since a build within them would outlast their time limits.
  kratos: () => Boolean(cachedOryBinary('kratos')),
  hydra: () => Boolean(cachedOryBinary('hydra')),
  'stripe-mock': () => Boolean(cachedStripeMock()),
  'nats-2.10': () => Boolean(installedModule(NATS_SERVER)),
  // Namespaces of one's own are made by root.
  root: () => process.getuid?.() === 0,
}

/** Whether a part can be started here. */
export function isAvailable(part: Part): boolean {
  return CHECKS[part]()
}

/**
 * For `describe.skipIf(requirePart('nats'))`: true when the part is missing, so that the suite is skipped.
 * @throws when CI is `true`, where nothing may be skipped
 */
export function requirePart(part: Part): boolean {
  if (isAvailable(part)) return false
  if (process.env.CI === 'true') throw new Error(`${part} is missing, and CI=true allows no skipped tests`)
  return true
}
