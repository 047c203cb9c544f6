import * as z from 'zod'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { isServiceAccess, type Method, type Operation } from '../operation.ts'

/** The body of every error. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'A URN that ends with the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).meta({ description: 'Stable' }),
    requestId: z.string(),
    error: z.string().meta({ description: 'The same sentence as `detail`' }),
    issues: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'With `invalid_request`: what was expected, and where' }),
    missing: z.array(z.string()).optional().meta({ description: 'With `profile_incomplete`: the fields' }),
    redirect_browser_to: z
      .string()
      .optional()
      .meta({ description: 'With `session_aal2_required`: where the second factor is given' }),
  })
  .meta({ id: 'Problem' })

/** The error codes of an operation by status: its own, and those that its access level, parameters and body imply. */
export function failuresOf(method: Method, path: string, operation: Operation): Map<number, ErrorCode[]> {
  const codes = new Set<ErrorCode>([
    ...inputFailures(path, operation),
    ...accessFailures(method, operation),
    ...(operation.errors ?? []),
    'internal_error',
  ])
  const known = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => codes.has(code))
  return Map.groupBy(known, (code) => ERRORS[code][0])
}

function inputFailures(path: string, { query, body }: Operation): ErrorCode[] {
  const codes: ErrorCode[] = []
  if (body || query || path.includes('{')) codes.push('invalid_request')
  if (body) codes.push('payload_too_large', 'unsupported_media_type')
  if (body?.json) codes.push('invalid_json')
  if (body?.form || body?.multipart) codes.push('invalid_form')
  return codes
}

function accessFailures(method: Method, { access, allowsIncompleteProfile }: Operation): ErrorCode[] {
  if (access === 'public') return []
  if (isServiceAccess(access)) return ['credentials_invalid']
  const codes: ErrorCode[] = ['unauthenticated', 'token_invalid', 'token_expired', 'session_revoked']
  codes.push('user_banned', 'database_unavailable')
  if (method !== 'GET') codes.push('origin_not_allowed')
  if (method !== 'GET' && !allowsIncompleteProfile) codes.push('profile_incomplete')
  if (access === 'groupMember' || access === 'groupAdmin') codes.push('not_found')
  if (access !== 'user' && access !== 'groupMember') codes.push('forbidden')
  return codes
}
