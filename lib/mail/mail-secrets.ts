import type { SendEmailMessage } from './send-email-message.ts'

type TemplateModel = NonNullable<SendEmailMessage['templateModel']>

const CODE = /(^|_)code$/i
const SECRET = /(^|_)(code|url|link|token|password|secret)$/i

/** Whether a mail carries what makes it unlike every other: a code, or a link with a token of Kratos. */
export function carriesCode(model: TemplateModel | null | undefined): boolean {
  return Object.entries(model ?? {}).some(
    ([name, value]) =>
      typeof value === 'string' &&
      value !== '' &&
      (CODE.test(name) || name === 'recovery_url' || name === 'verification_url'),
  )
}

/** The model for an operator's screen: what signs in or may sign in is left out, also in members that we do not know. */
export function redactModel(model: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(model), (name, value: unknown) =>
    SECRET.test(name) && value !== null && value !== '' ? '[redacted]' : value,
  )
}
