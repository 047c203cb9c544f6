import * as z from 'zod'
import { StripeError } from '../stripe-error.ts'
import type { Form } from './form.ts'

export const text = z.string().max(5000)

/** An empty value takes the field away. */
export const clearable = text.transform((value) => (value === '' ? null : value))

export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, 'Invalid integer')
  .transform(Number)

export const boolean = z.enum(['true', 'false']).transform((value) => value === 'true')

/** Of metadata an empty value takes the key away, and an empty string all of them. */
export const metadata = z.union([
  z
    .record(z.string().max(40), z.string().max(500))
    .refine((value) => Object.keys(value).length <= 50, 'Metadata can have up to 50 keys'),
  z.literal(''),
])

/** A parameter of Stripe's that changes nothing here. */
export const ignored = z.unknown().optional()

export const timeRange = z.union([
  integer.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({ gt: integer, gte: integer, lt: integer, lte: integer }).partial(),
])

export const paging = {
  limit: integer.pipe(z.number().min(1).max(100)).optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
}

export type Metadata = z.infer<typeof metadata>

/** Metadata after an update. Undefined when none was sent. */
export function mergeMetadata(
  known: Record<string, string> | null,
  sent: Metadata | undefined,
): Record<string, string> | undefined {
  if (sent === undefined) return undefined
  if (sent === '') return {}
  const merged = { ...known, ...sent }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''))
}

/** Metadata of something new. */
export function newMetadata(sent: Metadata | undefined): Record<string, string> {
  return mergeMetadata({}, sent) ?? {}
}

/** @throws 400 as Stripe words it, which names the parameter */
export function checkParams<T>(schema: z.ZodType<T>, form: Form): T {
  const result = schema.safeParse(form)
  if (result.success) return result.data
  throw refusal(flatten(result.error.issues), form)
}

type Issue = z.core.$ZodIssue

/** Of alternatives, what is wrong with the one that came closest. */
function flatten(issues: Issue[]): Issue {
  const [issue] = issues
  if (issue?.code !== 'invalid_union') return issue!
  const nested = issue.errors.map((errors) => flatten(errors as Issue[]))
  const best = nested.find(({ code }) => code === 'unrecognized_keys') ?? nested[0]
  return best ? { ...best, path: [...issue.path, ...best.path] } : issue
}

function refusal(issue: Issue, form: Form): StripeError {
  const param = nameOf(issue.path)
  const answer = (message: string, code?: string, named = param) =>
    new StripeError(400, { type: 'invalid_request_error', ...(code && { code }), message, param: named })

  if (issue.code === 'unrecognized_keys') {
    const unknown = nameOf([...issue.path, issue.keys[0] ?? ''])
    return answer(`Received unknown parameter: ${unknown}`, 'parameter_unknown', unknown)
  }
  const value = issue.path.reduce<unknown>((inner, key) => (inner as Form | undefined)?.[String(key)], form)
  if (value === undefined) return answer(`Missing required param: ${param}.`, 'parameter_missing')
  if (value === '') return answer(`You passed an empty string for '${param}'.`, 'parameter_invalid_empty')
  if (issue.message === 'Invalid integer') {
    return answer(`Invalid integer: ${String(value)}`, 'parameter_invalid_integer')
  }
  if (issue.code === 'invalid_value') {
    return answer(`Invalid ${param}: must be one of ${issue.values.map(String).join(', ')}`)
  }
  return answer(`Invalid ${param}: ${issue.message}`)
}

function nameOf(path: PropertyKey[]): string {
  return path.map((part, at) => (at === 0 ? String(part) : `[${String(part)}]`)).join('')
}
