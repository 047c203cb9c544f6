import * as z from 'zod'
import { fitText } from '../db/fit-text.ts'

const Address = z.object({ value: z.string(), verified: z.boolean(), via: z.string() })

/** The part of a Kratos identity that we read; traits are those of the public identity schema. */
export const KratosIdentity = z.object({
  id: z.string().min(1).max(64),
  state: z.string().nullish(),
  traits: z.object({
    email: z.string().max(320),
    name: z.object({ first: z.string().nullish(), last: z.string().nullish() }).nullish(),
  }),
  verifiable_addresses: z.array(Address).nullish(),
  metadata_admin: z.unknown().optional(),
})
export type KratosIdentity = z.output<typeof KratosIdentity>

/** The part of Kratos' `whoami` answer that we read. @see https://www.ory.sh/docs/reference/api#tag/frontend/operation/toSession */
export const KratosSession = z.object({
  id: z.string().min(1).max(64),
  active: z.boolean().nullish(),
  expires_at: z.iso.datetime({ offset: true }),
  identity: KratosIdentity,
})
export type KratosSession = z.output<typeof KratosSession>

/** The user fields that Kratos governs. */
export interface Traits {
  email: string
  first_name: string
  last_name: string
  verified: number
}

/** Traits as our row keeps them: the address in lower case, verified when Kratos has verified that very address. */
export function traitsOf(identity: KratosIdentity): Traits {
  const email = fitText(identity.traits.email.trim().toLowerCase(), 320)
  const verified = hasVerifiedAddress(identity, email)
  return {
    email,
    first_name: fitText((identity.traits.name?.first ?? '').trim(), 255),
    last_name: fitText((identity.traits.name?.last ?? '').trim(), 255),
    verified: verified ? 1 : 0,
  }
}

/** Whether Kratos has verified `email` (lower case) for this identity. */
export function hasVerifiedAddress(identity: KratosIdentity, email: string): boolean {
  return (identity.verifiable_addresses ?? []).some(
    (address) => address.via === 'email' && address.verified && address.value.trim().toLowerCase() === email,
  )
}
