import * as z from 'zod'
import { parseAddress } from './parse-address.ts'

const text = z.string().nullish()

const address = z
  .string()
  .max(1000)
  .refine((value) => parseAddress(value) !== undefined, 'must be one e-mail address, without a line break')

/** What Kratos' courier posts for each mail, as the public deployment's template makes it. Other members pass to the mail's template. */
export const SendEmailMessage = z.object({
  from: address,
  to: address,
  templateId: z.string().min(1).max(128),
  templateModel: z
    .looseObject({
      email: text,
      name: z.looseObject({ first: text, last: text }).nullish(),
      recovery_url: text,
      verification_url: text,
      recovery_code: text,
      verification_code: text,
    })
    .nullish(),
})
export type SendEmailMessage = z.output<typeof SendEmailMessage>
