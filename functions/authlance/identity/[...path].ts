import * as z from 'zod'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import { proxyToKratos } from '../../../lib/ory/proxy.ts'

/*
 * Everything under this prefix that is not ours is Kratos' public API: the dashboard and its forms call it here. Kratos judges the
 * callers; we keep its admin API out of reach, our own credentials at home, and our sessions in step with the ones that it ends.
 */

const KratosPath = z.object({ path: z.string() })

export default route('/authlance/identity/{+path}', {
  ALL: operation({
    summary: "Call Kratos' public API",
    tag: 'Kratos',
    access: 'public',
    params: KratosPath,
    proxied: true,
    responses: { 200: null },
    handle: ({ request, env, ctx, trace, params }) =>
      proxyToKratos({ request, env, ctx, trace }, params.path),
  }),
})
