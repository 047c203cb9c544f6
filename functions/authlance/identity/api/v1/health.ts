import * as z from 'zod'
import { operation } from '../../../../../lib/http/operation.ts'
import { route } from '../../../../../lib/http/route.ts'

/* The path that the public Helm chart probes through nginx; touches nothing. */

export default route('/authlance/identity/api/v1/health', {
  GET: operation({
    summary: 'Whether the service answers',
    tag: 'Health',
    access: 'public',
    responses: { 200: z.object({ status: z.literal('UP') }) },
    handle: () => ({ status: 'UP' as const }),
  }),
})
