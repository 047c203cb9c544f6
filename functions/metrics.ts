import * as z from 'zod'
import { operation } from '../lib/http/operation.ts'
import { route } from '../lib/http/route.ts'

/* For Prometheus, on the internal port alone. */

export default route(
  '/metrics',
  {
    GET: operation({
      summary: 'Metrics in the Prometheus text format',
      tag: 'Health',
      access: 'public',
      responses: { 200: z.string() },
      async handle({ env }) {
        const { contentType, text } = await env.metrics.render()
        return new Response(text, { headers: { 'content-type': contentType } })
      },
    }),
  },
  { listener: 'internal' },
)
