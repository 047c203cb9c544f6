import * as z from 'zod'
import { operation } from '../../lib/http/operation.ts'
import { REFERENCE_PAGE, REFERENCE_POLICY } from '../../lib/http/reference-page.ts'
import { route } from '../../lib/http/route.ts'

/* The API reference for people; it loads from this origin alone. */

const Page = z.string().meta({ contentMediaType: 'text/html' })

export default route('/authlance/docs', {
  GET: operation({
    summary: 'The API reference as a page',
    tag: 'Docs',
    access: 'public',
    responses: { 200: Page },
    handle: () =>
      new Response(REFERENCE_PAGE, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': REFERENCE_POLICY,
          'cache-control': 'public, max-age=300',
        },
      }),
  }),
})
