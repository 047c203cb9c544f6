import { ApiError } from './errors.ts'

/**
 * Matches a declared path against a request path. `{name}` takes one non-empty segment, `{+name}` at the end takes the rest
 * (RFC 6570's reserved expansion) as it was sent, still encoded.
 */
export interface PathPattern {
  names: string[]
  /** Whether the path has this form; never throws. */
  test(pathname: string): boolean
  /** The parameters, decoded. @throws {ApiError} `invalid_request` when one is not validly encoded */
  match(pathname: string): Record<string, string> | undefined
}

export function pathPattern(path: string): PathPattern {
  const names: string[] = []
  const source = path.replace(
    /[.*+?^$()|[\]\\]|\{(\+?)(\w+)\}/g,
    (found, rest: string | undefined, name: string | undefined) => {
      if (name === undefined) return `\\${found}`
      names.push(rest ? `+${name}` : name)
      return rest ? '(.*)' : '([^/]+)'
    },
  )
  const expression = new RegExp(`^${source}$`)

  return {
    names: names.map((name) => name.replace('+', '')),
    test: (pathname) => expression.test(pathname),
    match(pathname) {
      const found = expression.exec(pathname)
      if (!found) return undefined
      return Object.fromEntries(names.map((name, index) => parameter(name, found[index + 1]!)))
    },
  }
}

function parameter(name: string, value: string): [string, string] {
  if (name.startsWith('+')) return [name.slice(1), value]
  try {
    return [name, decodeURIComponent(value)]
  } catch {
    throw new ApiError('invalid_request', { detail: `The path parameter ${name} is not validly encoded.` })
  }
}
