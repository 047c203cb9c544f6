import type { Kysely } from 'kysely'
import type { Database } from '../db/tables.ts'
import type { Payload } from '../events/subjects.ts'
import { parseAddress } from './parse-address.ts'
import type { SendEmailMessage } from './send-email-message.ts'

export interface KnownName {
  first: string
  last: string
}

/**
 * The payload of `mail.send`. The public consumer drops a mail without a word when its address or a name is empty: what is missing comes from
 * `known`, else from the address.
 */
export function mailPayload(message: SendEmailMessage, known?: KnownName): Payload<'mail.send'> {
  const { from, to, templateId } = message
  const model = message.templateModel ?? {}
  const recipient = parseAddress(to)
  const local = recipient?.local ?? to
  return {
    to,
    from,
    templateId,
    templateModel: {
      ...model,
      email: given(model.email) ?? recipient?.address ?? to,
      name: {
        ...model.name,
        first: given(model.name?.first) ?? given(known?.first) ?? local,
        last: given(model.name?.last) ?? given(known?.last) ?? local,
      },
      recovery_url: model.recovery_url ?? null,
      verification_url: model.verification_url ?? null,
      recovery_code: model.recovery_code ?? null,
      verification_code: model.verification_code ?? null,
    },
  }
}

export function lacksName({ templateModel }: SendEmailMessage): boolean {
  const { name } = templateModel ?? {}
  return given(name?.first) === undefined || given(name?.last) === undefined
}

/** The name of the user with the address that a mail goes to. */
export async function findName(
  db: Kysely<Database>,
  { to, templateModel }: SendEmailMessage,
): Promise<KnownName | undefined> {
  const address = given(templateModel?.email) ?? parseAddress(to)?.address ?? to
  return db
    .selectFrom('users')
    .select(['first_name as first', 'last_name as last'])
    .where('email', '=', address.trim().toLowerCase())
    .orderBy('verified', 'desc')
    .limit(1)
    .executeTakeFirst()
}

function given(text: string | null | undefined): string | undefined {
  return text?.trim() ? text : undefined
}
