import { Hono } from 'hono'
import { jwtVerify } from 'jose'
import { listen, settings } from './listen.ts'
import { openSessionReader, type ReaderSettings } from './session-reader.ts'
import { importKey } from './shared-key.ts'

/* The least that a signed-in read costs: one verified token, the read of its session, and the same answer. */

interface GroupRow {
  g_id: number
  name: string
  long_name: string
  description: string | null
  subscription_uuid: string
}

const { port, jwtKey, ...reader } = settings<ReaderSettings & { jwtKey: string }>()
const key = await importKey(jwtKey)
const read = await openSessionReader(reader)

const app = new Hono()
app.get('/authlance/identity/api/v1/profile/my-groups/:user', async (context) => {
  const token = context.req.header('authorization')!.slice('Bearer '.length)
  const { payload } = await jwtVerify<{ sid: string }>(token, key, { algorithms: ['HS256'] })
  const rows = (await read(payload.sid)) as GroupRow[]
  return context.json(
    rows.map((row) => ({
      id: row.g_id,
      name: row.name,
      longName: row.long_name,
      description: row.description ?? '',
      subscriptionUuid: row.subscription_uuid,
    })),
  )
})
listen(app, port)
