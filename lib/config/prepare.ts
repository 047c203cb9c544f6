import { toFlag, toNumber, toText } from './coerce.ts'
import type { Problem } from './problems.ts'
import { createSecretFiles } from './secret-files.ts'
import { keyName, type Path, type Shape } from './shape.ts'
import { substitute } from './substitute.ts'
import { suggest } from './suggest.ts'

/** Where the values that a configuration refers to come from. */
export interface ConfigSources {
  env: Record<string, string | undefined>
  /** Reads a secret's file; absent where there is no file system. */
  readFile?: (path: string) => string
}

export interface Prepared {
  value: unknown
  problems: Problem[]
  warnings: string[]
}

/**
 * Makes a configuration as people and templates write it ready for its schema: replaces references, reads secret
 * files, drops empty values, turns texts into the numbers and flags that the schema wants, and names unknown keys.
 * It checks no value: what it cannot turn it leaves for the schema to refuse.
 */
export function prepare(root: Shape, raw: unknown, sources: ConfigSources): Prepared {
  const problems: Problem[] = []
  const warnings: string[] = []
  const files = createSecretFiles(sources, problems)

  return { value: prepareValue(root, raw, [], false), problems, warnings }

  function prepareValue(shape: Shape, given: unknown, path: Path, inSecret: boolean): unknown {
    const secret = inSecret || shape.meta.secret === true
    if (shape.meta.jsonText && isMap(given)) return jsonText(given, path, secret)
    const value = typeof given === 'string' ? expand(given, path, secret) : given
    return fitValue(shape, value, path, secret)
  }

  // Texts in here have their references replaced already; a second pass would read what a variable holds.
  function fitValue(shape: Shape, value: unknown, path: Path, secret: boolean): unknown {
    if (value === undefined || value === null || value === '') {
      return shape.kind === 'map' && !mayDrop(shape, path) ? fitMap(shape, {}, path, secret) : undefined
    }
    switch (shape.kind) {
      case 'map':
        return fitMap(shape, value, path, secret)
      case 'list':
        return fitList(shape, value, path, secret)
      case 'number':
        return toNumber(value)
      case 'flag':
        return toFlag(value)
      case 'text':
        return toText(value)
    }
  }

  function fitMap(shape: Shape, map: unknown, path: Path, secret: boolean): unknown {
    const { scalarKey } = shape.meta
    if (scalarKey && isScalar(map)) return { [scalarKey]: toText(map) }
    if (!isMap(map)) return map

    const prepared: Record<string, unknown> = {}
    const unread = new Set(Object.keys(map))
    for (const [key, keyShape] of shape.keys!) {
      unread.delete(key)
      let entry = prepareValue(keyShape, own(map, key), [...path, key], secret)
      for (const fileKey of secret || keyShape.meta.secret ? fileKeys(key) : []) {
        unread.delete(fileKey)
        const paths = prepareValue(pathShape(keyShape), own(map, fileKey), [...path, fileKey], true)
        if (paths !== undefined) entry = files.readKey(paths, keyName([...path, fileKey]), entry)
      }
      if (entry !== undefined) prepared[key] = entry
    }

    for (const key of unread) warnings.push(unknownKey(key, path, shape))
    return Object.keys(prepared).length === 0 && mayDrop(shape, path) ? undefined : prepared
  }

  function fitList(shape: Shape, value: unknown, path: Path, secret: boolean): unknown {
    const { scalar } = shape.meta
    const lone = scalar && isScalar(value)
    const items = lone ? (scalar === 'comma' ? splitAtCommas(value) : [value]) : value
    if (!Array.isArray(items)) return items
    const fitItem = lone ? fitValue : prepareValue
    return items
      .map((item, index) => fitItem(shape.item!, item, [...path, index], secret))
      .filter((item) => item !== undefined)
  }

  // Replaced before it becomes JSON, so that a variable cannot hold more than one value of it.
  function jsonText(map: Record<string, unknown>, path: Path, secret: boolean): string {
    return JSON.stringify(map, (_, entry) =>
      typeof entry === 'string' ? expand(entry, path, secret) : entry,
    )
  }

  function expand(text: string, path: Path, secret: boolean): string | undefined {
    const key = keyName(path)
    const result = substitute(text, (name) => (secret ? files.readVariable(name, key) : sources.env[name]))
    if (result.ok) return result.text
    problems.push({ key, expected: result.expected, found: result.found })
    return undefined
  }
}

// A required map stays, so that what it lacks is named key by key.
function mayDrop(shape: Shape, path: Path): boolean {
  return !shape.required || typeof path.at(-1) === 'number'
}

function fileKeys(key: string): string[] {
  return [`${key}_FILE`, `${key}File`]
}

function pathShape(secret: Shape): Shape {
  const path: Shape = { kind: 'text', meta: {}, required: false }
  return secret.kind === 'list'
    ? { kind: 'list', meta: { scalar: 'item' }, required: false, item: path }
    : path
}

function unknownKey(key: string, path: Path, shape: Shape): string {
  const known = [...shape.keys!].flatMap(([name, { meta }]) =>
    meta.secret ? [name, ...fileKeys(name)] : [name],
  )
  const meant = suggest(key, known)
  const hint = meant ? ` (did you mean ${keyName([...path, meant])}?)` : ''
  return `unknown key ${keyName([...path, key])}${hint}`
}

function own(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
}

function splitAtCommas(value: unknown): string[] {
  return String(value)
    .split(',')
    .map((item) => item.trim())
}
