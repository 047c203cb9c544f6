import * as z from 'zod'

/** A form field that holds JSON text of the given schema. */
export function jsonText<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .meta({ contentMediaType: 'application/json', contentSchema: schema })
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'Invalid JSON' })
        return z.NEVER
      }
    })
    .pipe(schema)
}
