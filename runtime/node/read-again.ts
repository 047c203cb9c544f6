import type { Logger } from 'pino'
import { ConfigError, type LoadedConfig } from '../../lib/config.ts'

const KEPT = 'the configuration cannot be used: the one from before stays'

/**
 * Reads the configuration for a reload. What is wrong with it goes to the log, by key and never by value.
 * @returns undefined when it cannot be used
 */
export function readAgain(read: () => LoadedConfig, log: Logger): LoadedConfig | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ConfigError) {
      const problems = error.problems.map(({ key, expected }) => `${key}: expected ${expected}`)
      log.error({ problems }, KEPT)
    } else log.error({ err: error }, KEPT)
    return undefined
  }
}
