import * as z from 'zod'
import { ApiError } from '../../http/errors.ts'
import { isSlug, normaliseSlug } from '../../identity/slug.ts'

/** What checkout writes itself into the metadata of a session and its subscription. */
export interface OwnMetadata {
  group: string
  groupLongName: string
  identity: string
  reservation: string
}

const OWN_KEYS = ['group', 'groupLongName', 'identity', 'reservation'] satisfies (keyof OwnMetadata)[]

/** @see https://docs.stripe.com/api/metadata */
const MAX_KEYS = 50
const MAX_KEY_CHARACTERS = 40
const MAX_VALUE_CHARACTERS = 500

const ExtraMetadata = z
  .record(
    z
      .string()
      .min(1)
      .max(MAX_KEY_CHARACTERS)
      .regex(/^[^[\]]*$/, 'a key without brackets'),
    z.string().max(MAX_VALUE_CHARACTERS),
  )
  .refine((extra) => Object.keys(extra).length <= MAX_KEYS - OWN_KEYS.length, {
    message: `at most ${MAX_KEYS - OWN_KEYS.length} keys`,
  })

/** The body of a checkout. */
export const CheckoutOrder = z
  .object({
    lookupKey: z.string().min(1).max(200),
    organizationName: z.string().max(200).transform(normaliseSlug).refine(isSlug, {
      message: '3 to 63 letters, digits and hyphens, with a letter at both ends',
    }),
    organizationLongName: z.string().trim().min(1).max(255),
    signature: z.string().max(200).meta({ description: 'As the check of the name gave it' }),
    trialPeriodDays: z.int().min(0).max(730).optional().meta({
      description: 'A shorter trial than the usual one; 0 = none',
    }),
    extraMetadata: ExtraMetadata.optional(),
  })
  .meta({ id: 'DunaAuthCommonCreateCheckoutSessionRequest' })
export type CheckoutOrder = z.output<typeof CheckoutOrder>

/** @throws {ApiError} `reserved_metadata` */
export function refuseOwnKeys(extra: Record<string, string> = {}): void {
  const own = OWN_KEYS.map((key) => key.toLowerCase())
  if (Object.keys(extra).some((key) => own.includes(key.trim().toLowerCase()))) {
    throw new ApiError('reserved_metadata')
  }
}
