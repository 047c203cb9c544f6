import * as z from 'zod'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import { proxyToHydra } from '../../../lib/ory/hydra-proxy.ts'

/*
 * Hydra's public API: third-party applications and the browsers that they send here sign users in through it. Hydra judges the
 * callers; we keep its admin API out of reach and our own credentials at home.
 */

const HydraPath = z.object({ path: z.string() })

export default route('/authlance/openid/{+path}', {
  ALL: operation({
    summary: "Call Hydra's public API",
    tag: 'Hydra',
    access: 'public',
    params: HydraPath,
    proxied: true,
    responses: { 200: null },
    handle: ({ request, env, ctx, trace, params }) => proxyToHydra({ request, env, ctx, trace }, params.path),
  }),
})
