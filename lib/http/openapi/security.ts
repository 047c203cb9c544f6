import type { Operation } from '../operation.ts'

export const SECURITY_SCHEMES = {
  BearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The loopToken' },
  LoopTokenCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'loopToken',
    description: 'Counts only without an Authorization header; changing calls also need an allowed Origin',
  },
  KratosCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'ory_kratos_session',
    description: "Kratos' session cookie, under the name that Kratos is configured with",
  },
  KratosSessionToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Session-Token',
    description: "Kratos' session token, which may also come as a bearer token",
  },
} as const

/** The alternatives of an operation; an empty list says that no credential is asked for. */
export function securityOf({ access, kratosCredential }: Operation): Record<string, []>[] {
  if (kratosCredential) return [{ KratosCookie: [] }, { KratosSessionToken: [] }]
  return access === 'public' ? [] : [{ BearerAuth: [] }, { LoopTokenCookie: [] }]
}
