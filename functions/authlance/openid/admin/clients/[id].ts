import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'
import { JsonPatch, splitRedirectUris } from '../../../../../lib/ory/client-patch.ts'
import { refusedByHydra, requireHydra } from '../../../../../lib/ory/hydra-answer.ts'
import { ClientPath, clientId, OAuth2Client, withoutSecrets } from '../../../../../lib/ory/oauth2-client.ts'

/* One OpenID Connect client on the dashboard's pages, through Ory's own client library. */

export default route('/authlance/openid/admin/clients/{id}', {
  GET: operation({
    summary: 'An OAuth 2.0 client, without its secret',
    tag: 'HydraClients',
    access: 'sysadmin',
    params: ClientPath,
    responses: { 200: OAuth2Client },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, params }) {
      const result = await requireHydra(env).findClient(clientId(params.id), trace)
      return result.kind === 'done' ? withoutSecrets(result.body) : refusedByHydra(result, log)
    },
  }),
  PUT: operation({
    summary: 'Replace an OAuth 2.0 client; without a new secret it keeps its own',
    tag: 'HydraClients',
    access: 'sysadmin',
    params: ClientPath,
    body: { json: OAuth2Client },
    responses: { 200: OAuth2Client },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, params, body }) {
      const result = await requireHydra(env).replaceClient(clientId(params.id), body, trace)
      return result.kind === 'done' ? result.body : refusedByHydra(result, log)
    },
  }),
  PATCH: operation({
    summary: 'Change an OAuth 2.0 client by a JSON Patch',
    tag: 'HydraClients',
    access: 'sysadmin',
    params: ClientPath,
    body: { json: JsonPatch },
    responses: { 200: OAuth2Client },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, params, body }) {
      const patch = splitRedirectUris(body)
      const result = await requireHydra(env).patchClient(clientId(params.id), patch, trace)
      return result.kind === 'done' ? result.body : refusedByHydra(result, log)
    },
  }),
  DELETE: operation({
    summary: 'Delete an OAuth 2.0 client',
    tag: 'HydraClients',
    access: 'sysadmin',
    params: ClientPath,
    responses: { 204: null },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, params }) {
      const result = await requireHydra(env).deleteClient(clientId(params.id), trace)
      return result.kind === 'done' ? undefined : refusedByHydra(result, log)
    },
  }),
})
