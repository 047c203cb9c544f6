import type { SendEmailMessage } from './send-email-message.ts'

type TemplateModel = NonNullable<SendEmailMessage['templateModel']>

/** Names that Kratos' templates use. Others, such as a `country_code`, say the same in every mail. */
const UNIQUE = /^code$|^(recovery|verification|login|registration)_?(code|url|link)$/i
const SECRET = /(code|url|link|token|otp|pin|password|secret|body|html|text)$/i

/** Whether a mail carries what makes it unlike every other: a code, or a link with a token of Kratos. */
export function carriesCode(model: TemplateModel | null | undefined): boolean {
  return Object.entries(model ?? {}).some(
    ([name, value]) => UNIQUE.test(name) && typeof value === 'string' && value !== '',
  )
}

/** The model for an operator's screen: what signs in or may sign in is left out, also in members that we do not know. */
export function redactModel(model: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(model), (name, value: unknown) =>
    SECRET.test(name) && value !== null && value !== '' ? '[redacted]' : value,
  )
}
