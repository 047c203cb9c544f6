import { configFromJsonBindings, sourcesOf } from './config/json-bindings.ts'
import { type LoadedConfig, parseConfig } from './config/parse-config.ts'
import type { ConfigSources } from './config/prepare.ts'
import { parseYamlText } from './config/yaml-text.ts'

export { allowedOrigins } from './config/allowed-origins.ts'
export type { Tier } from './config/billing.ts'
export { type LoadedConfig, parseConfig } from './config/parse-config.ts'
export type { ConfigSources } from './config/prepare.ts'
export { ConfigError } from './config/problems.ts'
export type { Config } from './config/schema.ts'
export { redactConfig, secretValues } from './config/secrets.ts'

/**
 * Reads a configuration from YAML or JSON text.
 * @throws ConfigError with every problem found
 */
export function loadConfig(text: string, sources: ConfigSources): LoadedConfig {
  const { value, warnings } = parseYamlText(text)
  return parseConfig(value, sources, warnings)
}

/**
 * Reads a configuration from the bindings of an edge runtime: `CONFIG` holds YAML, JSON or an object; its `${NAME}`
 * references are answered from the other bindings.
 * @throws ConfigError with every problem found
 */
export function configFromBindings(bindings: Record<string, unknown>): LoadedConfig {
  const { CONFIG } = bindings
  return typeof CONFIG === 'string'
    ? loadConfig(CONFIG, sourcesOf(bindings))
    : configFromJsonBindings(bindings)
}
