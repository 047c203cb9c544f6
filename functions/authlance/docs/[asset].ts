import * as z from 'zod'
import { ApiError } from '../../../lib/http/errors.ts'
import { operation } from '../../../lib/http/operation.ts'
import { REFERENCE_ASSETS, REFERENCE_SCRIPT } from '../../../lib/http/reference-page.ts'
import { route } from '../../../lib/http/route.ts'

/* Script, styles and icons of the reference page: from the installed package on Node, from a binding on the edge. */

const File = z.string().meta({ contentMediaType: '*/*' })

export default route('/authlance/docs/{asset}', {
  GET: operation({
    summary: 'A file of the reference page',
    tag: 'Docs',
    access: 'public',
    params: z.object({ asset: z.string() }),
    responses: { 200: File },
    errors: ['not_found'],
    async handle({ env, params: { asset }, headers }) {
      const found = asset === 'start.js' ? startScript() : await packagedAsset(asset, env.assets)
      if (!found) throw new ApiError('not_found')
      headers.set('cache-control', 'public, max-age=3600')
      return found
    },
  }),
})

function startScript(): Response {
  return new Response(REFERENCE_SCRIPT, { headers: { 'content-type': 'text/javascript; charset=utf-8' } })
}

async function packagedAsset(
  name: string,
  assets: { get(name: string): Promise<Response | undefined> },
): Promise<Response | undefined> {
  return REFERENCE_ASSETS.has(name) ? assets.get(name) : undefined
}
