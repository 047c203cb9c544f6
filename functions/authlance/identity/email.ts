import * as z from 'zod'
import { ApiError } from '../../../lib/http/errors.ts'
import { operation } from '../../../lib/http/operation.ts'
import { readBytes } from '../../../lib/http/read-body.ts'
import { route } from '../../../lib/http/route.ts'
import { validate } from '../../../lib/http/validate.ts'
import { auditMail, type MailAudit } from '../../../lib/mail/audit-mail.ts'
import { SendEmailMessage } from '../../../lib/mail/send-email-message.ts'

/*
 * Kratos' courier posts each mail here, again each second for about ten seconds until it gets a 2xx; then it gives the mail up for ever.
 * So a 200 follows one durable write, and a repeat finds it. Nothing is mailed here: a consumer of `mail.send` does that.
 */

export default route(
  '/authlance/identity/email',
  {
    POST: operation({
      summary: 'Take in a mail of Kratos and publish it as `mail.send`',
      description: 'The body is a `SendEmailMessage`: `from`, `to`, `templateId` and `templateModel`.',
      tag: 'Internal',
      access: 'mailBasic',
      responses: { 200: z.object({ id: z.string().meta({ description: 'Message id of the event' }) }) },
      errors: ['invalid_request', 'invalid_json', 'payload_too_large', 'mail_unavailable'],
      async handle({ request, env, ctx, trace, log }) {
        const { mail, config, clock, metrics, events } = env
        if (!mail) throw new ApiError('mail_unavailable')
        const now = clock.now()
        const audit = (line: MailAudit) => auditMail({ mail, config, metrics, log }, line)
        const raw = await readBytes(request, config.limits.mailBytes).catch(async (error: ApiError) => {
          await audit({ outcome: 'refused', reason: error.message })
          throw error
        })
        const body = parseBody(raw)

        let message: SendEmailMessage
        try {
          if (body === undefined) throw new ApiError('invalid_json')
          message = validate(SendEmailMessage, body, 'body')
        } catch (error) {
          const reason = (error as ApiError).message
          const { id } = await mail.refuse({ raw, body, reason, now, trace })
          await audit({ id, body, outcome: 'refused', reason })
          throw error
        }

        const { id, outcome } = await mail.take({ raw, message, now, trace })
        await audit({ id, body, outcome })
        if (outcome === 'unavailable') throw new ApiError('mail_unavailable')

        events.wake(ctx)
        return { id }
      },
    }),
  },
  { listener: 'internal' },
)

function parseBody(raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
  } catch {
    return undefined
  }
}
