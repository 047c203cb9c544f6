import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { listen, settings } from './listen.ts'
import { openSessionReader, type ReaderSettings } from './session-reader.ts'

/* The least that a token hook costs: the bearer token, the read of the user, and claims of the same length. */

interface UserRow {
  email: string
  verified: number
  first_name: string
  last_name: string
  group: string
  group_role: string
}

const { port, bearer, ...reader } = settings<ReaderSettings & { bearer: string }>()
const expected = Buffer.from(`Bearer ${bearer}`)
const read = await openSessionReader(reader)

const app = new Hono()
app.post('/authlance/identity/token_hook', async (context) => {
  const given = Buffer.from(context.req.header('authorization') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return context.text('', 401)
  const { session } = await context.req.json<{ session: { id_token: { subject: string } } }>()
  const rows = (await read(session.id_token.subject)) as UserRow[]
  const user = rows[0]!
  const claims = {
    email: user.email,
    email_verified: user.verified === 1,
    name: `${user.first_name} ${user.last_name}`,
    given_name: user.first_name,
    family_name: user.last_name,
    groups: rows.map(({ group }) => group),
    roles: rows.map(({ group, group_role }) => `${group}:${group_role}`),
  }
  return context.json({ session: { access_token: claims, id_token: claims } })
})
listen(app, port)
