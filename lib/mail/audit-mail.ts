import type { Env } from '../env.ts'
import type { MailIntake, MailOutcome } from './mail-intake.ts'
import { parseAddress } from './parse-address.ts'
import { addresseeOf } from './refused-mail.ts'

export interface MailAudit {
  id?: string
  /** The body as it was parsed, of any shape. */
  body?: unknown
  outcome: MailOutcome | 'refused'
  /** Why it was refused, without a value of the body. */
  reason?: string
}

/**
 * Writes one line for each mail: who gets which template, and what became of it; never a code, a link or a name. The recipient is hashed
 * unless `debug` is on.
 */
export async function auditMail(
  { mail, config, metrics, log }: Pick<Env, 'config' | 'metrics' | 'log'> & { mail: MailIntake },
  { id, body, outcome, reason }: MailAudit,
): Promise<void> {
  metrics.countMail(outcome)
  const { to, templateId } = addresseeOf(body)
  const address = to && (parseAddress(to)?.address ?? to)
  const recipient = address && (config.debug ? address : await mail.hashRecipient(address))
  const fields = { mail: id, template: templateId?.slice(0, 128), recipient, outcome, reason }
  if (outcome === 'unavailable' || outcome === 'refused') log.warn(fields, 'mail')
  else log.info(fields, 'mail')
}
