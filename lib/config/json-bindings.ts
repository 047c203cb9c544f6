import { type LoadedConfig, parseConfig } from './parse-config.ts'
import type { ConfigSources } from './prepare.ts'
import { ConfigError, describeSecret } from './problems.ts'

/**
 * Reads a configuration from the bindings of an edge runtime, where `CONFIG` is JSON or an object; its `${NAME}`
 * references are answered from the other bindings. It needs no YAML reader, so a worker stays small.
 * @throws ConfigError with every problem found
 */
export function configFromJsonBindings(bindings: Record<string, unknown>): LoadedConfig {
  const { CONFIG } = bindings
  return parseConfig(typeof CONFIG === 'string' ? parseJsonText(CONFIG) : CONFIG, sourcesOf(bindings))
}

export function sourcesOf(bindings: Record<string, unknown>): ConfigSources {
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
