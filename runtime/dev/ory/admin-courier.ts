import { createHash } from 'node:crypto'
import { findMail, listMails } from './courier.ts'
import { type Mail, timestamp } from './emulator.ts'
import { type Exchange, json } from './exchange.ts'
import { sliceByToken } from './keyset.ts'
import { kratosError, notFound } from './kratos-error.ts'
import type { Route } from './router.ts'
import { requireUuid } from './uuid.ts'

const defaultSize = 10
const statuses = ['queued', 'sent', 'processing', 'abandoned']

export const adminCourierRoutes: Route[] = [
  { method: 'GET', path: '/admin/courier/messages', handle: list },
  { method: 'GET', path: '/admin/courier/messages/:id', handle: get },
]

/** Mails, the newest first. Every mail counts as sent. */
function list(exchange: Exchange): Response {
  const { emulator, url } = exchange
  const status = url.searchParams.get('status')
  if (status !== null && !statuses.includes(status)) {
    throw kratosError(400, { reason: 'Message status is not valid' })
  }
  const recipient = url.searchParams.get('recipient')
  const mails = listMails(emulator)
    .filter((mail) => (status ?? 'sent') === 'sent' && (!recipient || mail.recipient === recipient))
    .reverse()
  exchange.headers.set('x-total-count', String(mails.length))
  return json(
    exchange,
    sliceByToken(exchange, mails, defaultSize).map((mail) => mailJson(mail)),
  )
}

function get(exchange: Exchange, { id = '' }: Record<string, string>): Response {
  requireUuid(id)
  const mail = findMail(exchange.emulator, id)
  if (!mail) throw notFound()
  const time = timestamp(mail.createdAt)
  const dispatch = {
    id: dispatchId(mail.id),
    message_id: mail.id,
    status: 'success',
    error: null,
    created_at: time,
    updated_at: time,
  }
  return json(exchange, mailJson(mail, [dispatch]))
}

/** The id of a mail's only dispatch: the same each time, but not the mail's. */
function dispatchId(mailId: string): string {
  const hex = createHash('sha256').update(mailId).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** A mail as the API shows it: without its body, which holds the code. */
function mailJson(mail: Mail, dispatches?: object[]) {
  const time = timestamp(mail.createdAt)
  return {
    id: mail.id,
    status: 'sent',
    type: 'email',
    recipient: mail.recipient,
    body: '<redacted-unless-dev-mode>',
    subject: mail.subject,
    template_type: mail.templateType,
    channel: 'email',
    send_count: 1,
    ...(dispatches ? { dispatches } : {}),
    created_at: time,
    updated_at: time,
  }
}
