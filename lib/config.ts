import { type ConfigSources, prepare } from './config/prepare.ts'
import { ConfigError, describeSecret, type Problem, problemsFromIssues } from './config/problems.ts'
import { shortKeys } from './config/rules.ts'
import { type Config, ConfigSchema } from './config/schema.ts'
import { collectSecrets } from './config/secrets.ts'
import { shapeOf } from './config/shape.ts'
import { parseYamlText } from './config/yaml-text.ts'

export type { Tier } from './config/billing.ts'
export type { ConfigSources } from './config/prepare.ts'
export { ConfigError } from './config/problems.ts'
export type { Config } from './config/schema.ts'
export { redactConfig, secretValues } from './config/secrets.ts'

export interface LoadedConfig {
  /** Plain data, frozen to its depths. */
  config: Config
  /** Unknown keys and unsafe choices, a line each. */
  warnings: string[]
}

/**
 * Reads a configuration from YAML or JSON text.
 * @throws ConfigError with every problem found
 */
export function loadConfig(text: string, sources: ConfigSources): LoadedConfig {
  const { value, warnings } = parseYamlText(text)
  const parsed = parseConfig(value, sources)
  return { config: parsed.config, warnings: [...warnings, ...parsed.warnings] }
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

/** As configFromBindings, for JSON or an object alone: half the size, since it needs no YAML reader. */
export function configFromJsonBindings(bindings: Record<string, unknown>): LoadedConfig {
  const { CONFIG } = bindings
  return parseConfig(typeof CONFIG === 'string' ? parseJsonText(CONFIG) : CONFIG, sourcesOf(bindings))
}

function sourcesOf(bindings: Record<string, unknown>): ConfigSources {
  const texts = Object.entries(bindings).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { env: Object.fromEntries(texts) }
}

// The parser's own message quotes the text, which may be a secret.
function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError([{ key: 'CONFIG', expected: 'JSON', found: describeSecret(text) }])
  }
}

/**
 * Reads a configuration from an object such as parsed JSON.
 * @throws ConfigError with every problem found
 */
export function parseConfig(value: unknown, sources: ConfigSources): LoadedConfig {
  const shape = shapeOf(ConfigSchema)

  const prepared = prepare(shape, value, sources)
  const result = ConfigSchema.safeParse(prepared.value)

  const issues = result.error?.issues ?? []
  const secrets = issues.length > 0 ? collectSecrets(shape, prepared.value) : []
  const consequent = ({ key }: Problem) => prepared.problems.some((cause) => cause.key.startsWith(key))
  const late = problemsFromIssues(issues, shape, prepared.value, secrets)
  const problems = [...prepared.problems, ...late.filter((problem) => !consequent(problem))]
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)

  return { config: deepFreeze(result.data), warnings: [...prepared.warnings, ...keyWarnings(result.data)] }
}

/** The origins whose pages may call with credentials: the configured ones and those of the frontend URLs. */
export function allowedOrigins(config: Config): string[] {
  const { successBaseUrl, rootAppUrl, portalReturnUrl } = config.stripe
  const urls = [config.frontend.url, successBaseUrl, rootAppUrl, portalReturnUrl]
  const origins = urls.filter((url) => url !== undefined).map((url) => new URL(url).origin)
  return [...new Set([...config.allowedOrigins, ...origins])]
}

function keyWarnings(config: Config): string[] {
  return shortKeys(config.jwtKey).map(
    ({ index, bytes }) => `jwtKey[${index}] has ${bytes} bytes; at least 32 are needed when debug is off`,
  )
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const entry of Object.values(value)) deepFreeze(entry)
    Object.freeze(value)
  }
  return value
}
