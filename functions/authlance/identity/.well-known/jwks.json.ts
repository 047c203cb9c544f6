import * as z from 'zod'
import { operation } from '../../../../lib/http/operation.ts'
import { route } from '../../../../lib/http/route.ts'

/* For siblings that verify ES256 loopTokens; empty while no ES256 key is configured. */

const Jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).meta({ id: 'JsonWebKeySet' })

export default route('/authlance/identity/.well-known/jwks.json', {
  GET: operation({
    summary: 'Public keys of the loopToken',
    tag: 'Auth',
    access: 'public',
    responses: { 200: Jwks },
    handle({ env, headers }) {
      headers.set('cache-control', 'public, max-age=300')
      return { keys: env.keys.jwks.keys.map((key) => ({ ...key })) }
    },
  }),
})
