import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { Config } from '../../../lib/config.ts'
import { openInsert } from './insert.ts'
import { listen, settings } from './listen.ts'

/* The least that taking a mail in costs: the Basic credentials and one insert of the mail. */

interface MailSettings {
  database: Pick<Config['database'], 'file' | 'host' | 'port' | 'user' | 'password' | 'dbname' | 'poolSize'>
  credentials: string
}

const { port, credentials, database } = settings<MailSettings>()
const expected = Buffer.from(`Basic ${Buffer.from(credentials).toString('base64')}`)
const insert = await openInsert(database, {
  create: `create table if not exists floor_mails (id varchar(255) primary key, recipient varchar(320) not null,
    payload mediumtext not null, received_at bigint not null)`,
  insert: 'insert into floor_mails (id, recipient, payload, received_at) values (?, ?, ?, ?)',
})

const app = new Hono()
app.post('/authlance/identity/email', async (context) => {
  const given = Buffer.from(context.req.header('authorization') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return context.text('', 401)
  const body = await context.req.text()
  const { to } = JSON.parse(body) as { to: string }
  await insert([crypto.randomUUID(), to, body, Date.now()])
  return context.json('ok')
})
listen(app, port)
