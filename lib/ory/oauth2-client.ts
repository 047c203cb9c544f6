import * as z from 'zod'
import { ApiError } from '../http/errors.ts'

const text = z.string().nullish()
const texts = z.array(z.string()).nullish()

/**
 * A client as Hydra keeps it, with whatever else its version knows. Hydra judges the values.
 * @see https://www.ory.sh/docs/hydra/reference/api#tag/oAuth2/operation/createOAuth2Client
 */
export const OAuth2Client = z
  .looseObject({
    client_id: text,
    client_name: text,
    client_secret: text.meta({ description: 'In the answer only to the call that has set it' }),
    redirect_uris: texts,
    post_logout_redirect_uris: texts,
    grant_types: texts,
    response_types: texts,
    scope: text,
    audience: texts,
    owner: text,
    token_endpoint_auth_method: text,
    skip_consent: z.boolean().nullish(),
    created_at: text,
    updated_at: text,
  })
  .meta({ id: 'OAuth2Client' })

export const ClientPath = z.object({ id: z.string() })

/**
 * A client's id as one segment of a path. Ids that would be more than that, or a step upwards, are of no client.
 * @throws {ApiError} `not_found`
 */
export function clientId(id: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no id holds them
  if (/^\.{0,2}$|[/\\\u0000-\u001f\u007f]/.test(id)) throw new ApiError('not_found')
  return id
}

/** A client as Hydra's reading calls show it: without what only its making may tell. */
export function withoutSecrets(client: unknown): unknown {
  if (typeof client !== 'object' || client === null) return client
  const { client_secret, registration_access_token, ...shown } = client as Record<string, unknown>
  return shown
}
