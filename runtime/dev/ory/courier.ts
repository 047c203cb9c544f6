import { randomUUID } from 'node:crypto'
import { type Emulator, type Mail, publicUrl } from './emulator.ts'
import type { Flow } from './flow.ts'
import { type Identity, identityJson } from './identity.ts'

/** Mails a verification code, with a link that fills it in. */
export function mailVerificationCode(
  emulator: Emulator,
  flow: Flow,
  identity: Identity,
  to: string,
  code: string,
): Mail {
  const url = publicUrl(emulator, '/self-service/verification', { flow: flow.id, code })
  return send(emulator, {
    recipient: to,
    subject: 'Please verify your email address',
    templateType: 'verification_code_valid',
    code,
    body: `Hi,\n\nplease verify your account by entering the following code:\n\n${code}\n\nor clicking the following link:\n\n${url}\n`,
    templateData: {
      to,
      verification_url: url,
      verification_code: code,
      ...context(emulator, flow, identity),
    },
  })
}

/** Mails a recovery code. */
export function mailRecoveryCode(
  emulator: Emulator,
  flow: Flow,
  identity: Identity,
  to: string,
  code: string,
): Mail {
  return send(emulator, {
    recipient: to,
    subject: 'Recover access to your account',
    templateType: 'recovery_code_valid',
    code,
    body: `Hi,\n\nplease recover access to your account by entering the following code:\n\n${code}\n`,
    templateData: { to, recovery_code: code, ...context(emulator, flow, identity) },
  })
}

/** All mails so far, the oldest first. */
export function listMails({ database }: Emulator): Mail[] {
  return database.prepare('SELECT * FROM mails ORDER BY created_at, rowid').all().map(fromRow)
}

export function findMail({ database }: Emulator, id: string): Mail | undefined {
  const row = database.prepare('SELECT * FROM mails WHERE id = ?').get(id)
  return row && fromRow(row)
}

function context(emulator: Emulator, flow: Flow, identity: Identity) {
  return {
    identity: identityJson(emulator, identity),
    request_url: flow.requestUrl,
    transient_payload: flow.transientPayload ?? {},
  }
}

function send({ database, now, onMail }: Emulator, details: Omit<Mail, 'id' | 'createdAt'>): Mail {
  const mail: Mail = { id: randomUUID(), createdAt: now(), ...details }
  database
    .prepare(
      `INSERT INTO mails (id, recipient, subject, template_type, code, body, template_data, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      mail.id,
      mail.recipient,
      mail.subject,
      mail.templateType,
      mail.code,
      mail.body,
      JSON.stringify(mail.templateData),
      mail.createdAt,
    )
  onMail(mail)
  return mail
}

function fromRow(row: Record<string, unknown>): Mail {
  return {
    id: row.id as string,
    recipient: row.recipient as string,
    subject: row.subject as string,
    templateType: row.template_type as string,
    code: row.code as string,
    createdAt: row.created_at as number,
    body: row.body as string,
    templateData: JSON.parse(row.template_data as string),
  }
}
