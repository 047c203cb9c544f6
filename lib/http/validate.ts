import type * as z from 'zod'
import { ApiError } from './errors.ts'

/**
 * Parses `value`, or answers 400 with what was expected and where; the value itself never comes back.
 * @param place what is validated: `path`, `query` or `body`
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data

  const issues = result.error.issues.map((issue) => ({
    path: [place, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
  const [first] = issues
  throw new ApiError('invalid_request', { detail: `${first!.path}: ${first!.message}`, extra: { issues } })
}
