import { stripeKeyWarnings } from './payment-warnings.ts'
import { type ConfigSources, prepare } from './prepare.ts'
import { ConfigError, type Problem, problemsFromIssues } from './problems.ts'
import { shortKeys } from './rules.ts'
import { type Config, ConfigSchema } from './schema.ts'
import { collectSecrets } from './secrets.ts'
import { shapeOf } from './shape.ts'

export interface LoadedConfig {
  /** Plain data, frozen to its depths. */
  config: Config
  /** Unknown keys and unsafe choices, a line each. */
  warnings: string[]
}

/**
 * Reads a configuration from an object such as parsed JSON.
 * @param earlier warnings about the text that the object was read from
 * @throws ConfigError with every problem found
 */
export function parseConfig(
  value: unknown,
  sources: ConfigSources,
  earlier: readonly string[] = [],
): LoadedConfig {
  const shape = shapeOf(ConfigSchema)

  const prepared = prepare(shape, value, sources)
  const result = ConfigSchema.safeParse(prepared.value)

  const issues = result.error?.issues ?? []
  const secrets = issues.length > 0 ? collectSecrets(shape, prepared.value) : []
  const late = problemsFromIssues(issues, shape, prepared.value, secrets)
  const problems = [
    ...prepared.problems,
    ...late.filter((problem) => !prepared.problems.some((cause) => isWithin(cause, problem))),
  ]
  const warnings = [...earlier, ...prepared.warnings]
  if (problems.length > 0 || !result.success) throw new ConfigError(problems, warnings)

  return { config: deepFreeze(result.data), warnings: [...warnings, ...safetyWarnings(result.data)] }
}

// A value that could not be read leaves its key and the maps above it without one, which is no problem of its own.
function isWithin(cause: Problem, { key }: Problem): boolean {
  return cause.key.startsWith(key) && /^(?:$|[.[]|_FILE$|File$)/.test(cause.key.slice(key.length))
}

function safetyWarnings(config: Config): string[] {
  const warnings = shortKeys(config.jwtKey).map(
    ({ index, bytes }) => `jwtKey[${index}] has ${bytes} bytes; at least 32 are needed when debug is off`,
  )
  if (config.exchangeById)
    warnings.push('exchangeById lets whoever knows the id of a session sign in with it')
  return [...warnings, ...stripeKeyWarnings(config)]
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const entry of Object.values(value)) deepFreeze(entry)
    Object.freeze(value)
  }
  return value
}
