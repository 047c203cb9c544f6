import type { ConfigSources } from './prepare.ts'
import type { Problem } from './problems.ts'
import { unreadable } from './unreadable.ts'

/** Reads secrets from files, as container platforms mount them. Troubles go to `problems`, never with a content. */
export function createSecretFiles({ env, readFile }: ConfigSources, problems: Problem[]) {
  return { readVariable, readKey }

  /** An environment variable, or else the file that `<name>_FILE` names. */
  function readVariable(name: string, key: string): string | undefined {
    const path = env[`${name}_FILE`]
    if (!path) return env[name]
    if (!env[name]) return read(path, key)
    problems.push({ key, expected: `one of ${name} and ${name}_FILE`, found: 'both' })
    return ''
  }

  /** The secret (or the list of them) in the file that a `<key>_FILE` entry names. */
  function readKey(paths: unknown, fileKey: string, given: unknown): unknown {
    if (given !== undefined) {
      problems.push({ key: fileKey, expected: 'the secret or its file', found: 'both' })
      return given
    }
    if (!Array.isArray(paths)) return readPath(paths, fileKey)
    const secrets = paths.map((path) => readPath(path, fileKey)).filter((secret) => secret !== undefined)
    return secrets.length > 0 ? secrets : undefined
  }

  function readPath(path: unknown, key: string): string | undefined {
    if (typeof path === 'string') return read(path, key)
    problems.push({ key, expected: 'the path of a file', found: 'something else' })
    return undefined
  }

  // The path is not repeated: it is where people paste the secret itself by mistake.
  function read(path: string, key: string): string | undefined {
    if (!readFile) {
      problems.push({ key, expected: 'a value, as files cannot be read here', found: 'a path' })
      return undefined
    }
    try {
      const text = readFile(path).replace(/\r?\n$/, '')
      if (text !== '') return text
      problems.push({ key, expected: 'a file with a secret', found: 'an empty file' })
    } catch (error) {
      problems.push({ key, expected: 'a file that can be read', found: unreadable(error) })
    }
    return undefined
  }
}
