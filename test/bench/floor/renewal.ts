import { Hono } from 'hono'
import { CompactSign } from 'jose'
import { listen, settings } from './listen.ts'
import { openSessionReader, type ReaderSettings } from './session-reader.ts'
import { importKey } from './shared-key.ts'

/* The least that a renewal costs: the whoami call, the read of the session, and a signature over a payload of the same size. */

interface RenewalSettings extends ReaderSettings {
  whoamiUrl: string
  jwtKey: string
  payloadBytes: number
}

const { port, whoamiUrl, jwtKey, payloadBytes, ...reader } = settings<RenewalSettings>()
const key = await importKey(jwtKey)
const read = await openSessionReader(reader)
const payload = new TextEncoder().encode('x'.repeat(payloadBytes))

const app = new Hono()
app.post('/authlance/identity/me', async (context) => {
  const { session } = await context.req.json<{ session: string }>()
  const answer = await fetch(whoamiUrl, { headers: { cookie: context.req.header('cookie')! } })
  const { id } = (await answer.json()) as { id: string }
  const rows = await read(id)
  if (id !== session || rows.length === 0) return context.body(null, 401)
  const token = await new CompactSign(payload).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key)
  return context.json({ token })
})
listen(app, port)
