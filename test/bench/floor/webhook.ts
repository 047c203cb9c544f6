import { Hono } from 'hono'
import Stripe from 'stripe'
import type { Config } from '../../../lib/config.ts'
import { openInsert } from './insert.ts'
import { listen, settings } from './listen.ts'

/* The least that a webhook costs: the signature check and one insert of the event. */

interface WebhookSettings {
  database: Pick<Config['database'], 'file' | 'host' | 'port' | 'user' | 'password' | 'dbname' | 'poolSize'>
  secret: string
}

const { port, secret, database } = settings<WebhookSettings>()
const provider = Stripe.createSubtleCryptoProvider()
const insert = await openInsert(database, {
  create: `create table if not exists floor_events (id varchar(255) primary key, type varchar(255) not null,
    created_at bigint not null, livemode integer not null, payload mediumtext not null, received_at bigint not null)`,
  insert: `insert into floor_events (id, type, created_at, livemode, payload, received_at) values (?, ?, ?, ?, ?, ?)`,
})

const app = new Hono()
app.post('/authlance/payments/api/v1/stripe/webhook', async (context) => {
  const body = await context.req.text()
  const header = context.req.header('stripe-signature')!
  const event = await Stripe.webhooks.constructEventAsync(body, header, secret, 300, provider)
  await insert([event.id, event.type, event.created * 1000, event.livemode ? 1 : 0, body, Date.now()])
  return context.json('ok')
})
listen(app, port)
