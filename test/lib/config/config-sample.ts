import { ConfigError, type LoadedConfig, loadConfig } from '../../../lib/config.ts'

export const KEY = 'k'.repeat(32)

/** The smallest configuration that loads, with more YAML after it. */
export function loadSample(
  yaml = '',
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): LoadedConfig {
  const minimal = `
kratos: { url: 'http://kratos:4433', adminUrl: 'http://kratos:4434' }
database: { file: test.sqlite }
jwtKey: ${KEY}
`
  return loadText(overlay(minimal, yaml), env, files)
}

export function loadText(
  text: string,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): LoadedConfig {
  const readFile = (path: string) => {
    const content = files[path]
    if (content === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' })
    return content
  }
  return loadConfig(text, { env, readFile })
}

/** The problems of a configuration that must not load, as lines. */
export function problemsOf(load: () => unknown): string[] {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  throw new Error('The configuration loaded')
}

// A top-level key of the extra text takes the place of the minimal one.
function overlay(minimal: string, extra: string): string {
  const given = new Set([...extra.matchAll(/^(\w+?)(?:_FILE)?:/gm)].map((match) => match[1]))
  const kept = minimal.split('\n').filter((line) => !given.has(line.split(':')[0]!))
  return [...kept, extra].join('\n')
}
