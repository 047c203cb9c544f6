import { readFileSync } from 'node:fs'
import { unreadable } from '../lib/config/unreadable.ts'
import { type Config, ConfigError, type LoadedConfig, loadConfig } from '../lib/config.ts'

const DEFAULT_PATH = '/app/config/config.yaml'

/** The `--config` option that every command with a configuration takes. */
export const configArg = {
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: `Configuration file; else CONFIG_FILE, else ${DEFAULT_PATH}`,
  },
} as const

export function configPath(option: string | undefined): string {
  return option || process.env.CONFIG_FILE || DEFAULT_PATH
}

/**
 * Loads the configuration file that `--config`, CONFIG_FILE or the default names; warnings go to stderr.
 * @throws ConfigError with every problem in the file, which the command line prints a line each
 */
export function loadConfigFile(option: string | undefined): Config {
  try {
    const { config, warnings } = readConfigFile(option)
    printWarnings(warnings)
    return config
  } catch (error) {
    if (error instanceof ConfigError) printWarnings(error.warnings)
    throw error
  }
}

/** Reads the same file, and the files that it names. @throws ConfigError with every problem in the file */
export function readConfigFile(option: string | undefined): LoadedConfig {
  const text = readConfigText(configPath(option))
  return loadConfig(text, { env: process.env, readFile: (path) => readFileSync(path, 'utf8') })
}

export function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) console.error(`warning: ${warning}`)
}

function readConfigText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`the configuration file ${path} cannot be read: ${unreadable(error)}`)
  }
}
