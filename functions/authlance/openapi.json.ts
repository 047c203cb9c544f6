import * as z from 'zod'
import { etagOf } from '../../lib/http/etag.ts'
import { operation } from '../../lib/http/operation.ts'
import { route } from '../../lib/http/route.ts'
import document from '../../openapi.json' with { type: 'json' }

/* The description of this API, for people's tools and the reference page; written by `npm run openapi`. */

const TEXT = JSON.stringify(document)

const OpenApi = z.looseObject({ openapi: z.string() }).meta({ description: 'An OpenAPI 3.1 document' })

export default route('/authlance/openapi.json', {
  GET: operation({
    summary: 'This document',
    tag: 'Docs',
    access: 'public',
    responses: { 200: OpenApi, 304: null },
    async handle({ request }) {
      const etag = await etagOf(TEXT)
      const headers = { etag, 'cache-control': 'public, max-age=300' }
      if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers })
      return new Response(TEXT, { headers: { ...headers, 'content-type': 'application/json' } })
    },
  }),
})
