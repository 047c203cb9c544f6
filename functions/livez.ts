import * as z from 'zod'
import { operation } from '../lib/http/operation.ts'
import { route } from '../lib/http/route.ts'

/* For orchestrators: whether the process answers at all; touches nothing. */

export default route(
  '/livez',
  {
    GET: operation({
      summary: 'Whether the process answers',
      tag: 'Health',
      access: 'public',
      responses: { 200: z.object({ state: z.literal('up') }) },
      handle: () => ({ state: 'up' as const }),
    }),
  },
  { listener: 'both' },
)
