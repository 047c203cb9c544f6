import { type Config, ConfigSchema } from './config/schema.ts'

export type { Tier } from './config/billing.ts'
export type { Config } from './config/schema.ts'

export interface ConfigSources {
  env: Record<string, string | undefined>
  readFile?: (path: string) => string
}

export interface LoadedConfig {
  config: Config
  warnings: string[]
}

/** Reads a configuration object. */
export function parseConfig(value: unknown, _sources: ConfigSources): LoadedConfig {
  return { config: ConfigSchema.parse(value), warnings: [] }
}
