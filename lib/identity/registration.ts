import * as z from 'zod'
import { KratosIdentity, type Traits, traitsOf } from '../ory/kratos-session.ts'

const { traits } = KratosIdentity.shape

/** What Kratos' registration hook tells of the identity that it has just made. */
const Registration = z.object({
  id: z.guid().toLowerCase(),
  email: traits.shape.email.regex(/^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u),
  name: traits.shape.name,
})

export type ParsedRegistration =
  | { kind: 'registration'; identity: string; traits: Traits }
  /** Names the members that are wrong, never a value. */
  | { kind: 'malformed'; members: string[] }

/** Reads the body of the registration hook. The address counts as not verified, whatever the way of registering. */
export function parseRegistration(text: string): ParsedRegistration {
  const read = Registration.safeParse(jsonOf(text))
  if (!read.success) {
    return { kind: 'malformed', members: [...new Set(read.error.issues.map(({ path }) => path.join('.')))] }
  }
  const { id, email, name } = read.data
  return { kind: 'registration', identity: id, traits: traitsOf({ id, traits: { email, name } }) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
