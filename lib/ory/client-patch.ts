import * as z from 'zod'

/** @see https://www.rfc-editor.org/rfc/rfc6902 */
export const JsonPatch = z
  .array(
    z.object({
      op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
      path: z.string(),
      from: z.string().optional(),
      value: z.unknown(),
    }),
  )
  .max(100)
  .meta({ id: 'JsonPatch' })
export type JsonPatch = z.output<typeof JsonPatch>

const WHOLE_LIST = /^\/(post_logout_)?redirect_uris$/
const END_OF_LIST = /^\/(post_logout_)?redirect_uris\/-$/

/** The patch with redirect URIs apart that the dashboard joins by commas into one text. */
export function splitRedirectUris(patch: JsonPatch): JsonPatch {
  return patch.flatMap((step) => {
    const { path, value } = step
    if (WHOLE_LIST.test(path) && isTexts(value)) return [{ ...step, value: value.flatMap(splitUris) }]
    if (WHOLE_LIST.test(path) && typeof value === 'string') return [{ ...step, value: splitUris(value) }]
    if (END_OF_LIST.test(path) && typeof value === 'string') {
      return splitUris(value).map((uri) => ({ ...step, value: uri }))
    }
    return [step]
  })
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** A comma parts two URIs where a space or a scheme follows; one inside a URI stays. */
function splitUris(joined: string): string[] {
  return joined
    .split(/,\s+|,(?=[a-z][a-z0-9+.-]*:\/)|,$/i)
    .map((uri) => uri.trim())
    .filter(Boolean)
}
