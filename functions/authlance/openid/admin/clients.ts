import * as z from 'zod'
import { operation } from '../../../../lib/http/operation.ts'
import { route } from '../../../../lib/http/route.ts'
import { clientLinks } from '../../../../lib/ory/client-links.ts'
import { refusedByHydra, requireHydra } from '../../../../lib/ory/hydra-answer.ts'
import { OAuth2Client, withoutSecrets } from '../../../../lib/ory/oauth2-client.ts'

/* The dashboard's pages of OpenID Connect clients, through Ory's own client library. */

const MAX_PAGE_SIZE = 500

const ClientsQuery = z.object({
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .default(100)
    .transform((size) => Math.min(size, MAX_PAGE_SIZE)),
  page_token: z.string().min(1).max(512).optional(),
  client_name: z.string().max(255).optional(),
  owner: z.string().max(255).optional(),
})

export default route('/authlance/openid/admin/clients', {
  GET: operation({
    summary: 'List OAuth 2.0 clients; `Link` leads to the other pages',
    tag: 'HydraClients',
    access: 'sysadmin',
    query: ClientsQuery,
    responses: { 200: z.array(OAuth2Client) },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, query, headers }) {
      const result = await requireHydra(env).listClients(query, trace)
      if (result.kind !== 'done') return refusedByHydra(result, log)

      const clients = Array.isArray(result.body) ? result.body.map(withoutSecrets) : []
      headers.set('link', clientLinks(result.link, query, clients.length))
      return clients
    },
  }),
  POST: operation({
    summary: 'Create an OAuth 2.0 client; its secret is told this once',
    tag: 'HydraClients',
    access: 'sysadmin',
    body: { json: OAuth2Client },
    responses: { 201: OAuth2Client },
    errors: ['not_found', 'upstream_unavailable'],
    async handle({ env, trace, log, body }) {
      const result = await requireHydra(env).createClient(body, trace)
      return result.kind === 'done' ? result.body : refusedByHydra(result, log)
    },
  }),
})
