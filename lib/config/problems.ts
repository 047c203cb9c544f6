import type * as z from 'zod'
import { keyName, type Path, type Shape, shapesAlong } from './shape.ts'

/** One wrong value. `found` never holds a secret, only its kind and length. */
export interface Problem {
  key: string
  expected: string
  found: string
}

/** The configuration cannot be used; `message` has one line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]
  /** Unknown keys and other remarks, which may tell why; not in `message`. */
  readonly warnings: readonly string[]

  constructor(problems: readonly Problem[], warnings: readonly string[] = []) {
    super(problems.map(problemLine).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
    this.warnings = warnings
  }
}

export function problemLine({ key, expected, found }: Problem): string {
  return `${key}: expected ${expected}, found ${found}`
}

/** Turns zod's issues into problems, at most one for each key. `value` is what zod was given. */
export function problemsFromIssues(
  issues: readonly z.core.$ZodIssue[],
  root: Shape,
  value: unknown,
  secrets: readonly string[],
): Problem[] {
  const problems = new Map<string, Problem>()
  for (const issue of issues) {
    const shapes = shapesAlong(root, issue.path)
    const key = keyName(issue.path) || 'configuration'
    if (problems.has(key)) continue
    const own = issue.code === 'custom' ? issue.params : excessOf(issue, valueAt(value, issue.path))
    problems.set(key, {
      key,
      expected: (own?.expected as string | undefined) ?? expectedOf(shapes.at(-1)!),
      found: (own?.found as string | undefined) ?? describeFound(valueAt(value, issue.path), shapes, secrets),
    })
  }
  return [...problems.values()]
}

/** A text or list that is too long is named by its length, which tells more than its start. */
function excessOf(issue: z.core.$ZodIssue, value: unknown): Partial<Problem> | undefined {
  if (issue.code !== 'too_big') return undefined
  if (typeof value === 'string' && issue.origin === 'string') {
    return { expected: `a text of at most ${issue.maximum} characters`, found: describeSecret(value) }
  }
  if (!Array.isArray(value)) return undefined
  return { expected: `a list of at most ${issue.maximum} entries`, found: `one of ${value.length}` }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part], value)
}

function expectedOf(shape: Shape): string {
  if (shape.meta.expected) return shape.meta.expected
  if (shape.choices) return `one of ${shape.choices.join(', ')}`
  const names = { map: 'a map', list: 'a list', text: 'a text', number: 'a number', flag: 'true or false' }
  return names[shape.kind]
}

function describeFound(value: unknown, shapes: readonly Shape[], secrets: readonly string[]): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = String(value)
  const last = shapes.at(-1)!
  const misplaced = last.kind === 'map' || last.kind === 'list'
  const hidden = misplaced || shapes.some((shape) => shape.meta.secret) || revealsSecret(text, secrets)
  if (hidden) return describeSecret(text)
  return text.length > 80 ? `${JSON.stringify(text.slice(0, 80))}...` : JSON.stringify(text)
}

const TELLING_LENGTH = 4

// A URL in the wrong place may carry a password before its @; a secret may be pasted, whole or in part, elsewhere.
function revealsSecret(text: string, secrets: readonly string[]): boolean {
  if (/\/\/.*@/s.test(text)) return true
  return secrets.some(
    (secret) =>
      text === secret ||
      (secret.length >= TELLING_LENGTH && text.includes(secret)) ||
      (text.length >= TELLING_LENGTH && secret.includes(text)),
  )
}

export function describeSecret(text: string): string {
  return `a text of ${text.length} characters`
}
