import type { SendEmailMessage } from './send-email-message.ts'

/** A mail whose code opens nothing; each call makes another one. Its name is filled in as that of any mail. */
export function testMail({ from, to, templateId }: Pick<SendEmailMessage, 'from' | 'to' | 'templateId'>) {
  const code = String(100_000 + (crypto.getRandomValues(new Uint32Array(1))[0]! % 900_000))
  const isRecovery = templateId.startsWith('recovery')
  const message: SendEmailMessage = {
    from,
    to,
    templateId,
    templateModel: {
      email: null,
      name: null,
      recovery_url: null,
      verification_url: null,
      recovery_code: isRecovery ? code : null,
      verification_code: isRecovery ? null : code,
      test: true,
    },
  }
  return { message, raw: new TextEncoder().encode(JSON.stringify(message)) }
}
