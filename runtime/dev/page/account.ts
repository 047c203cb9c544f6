import type { LoopTokenClaims, TokenUser as User } from '../../../lib/auth/loop-token.ts'
import { call, sentenceOf } from './http.ts'
import { whoami } from './kratos.ts'

const API = '/authlance/identity/api/v1'

export type Account =
  | { kind: 'out' }
  | { kind: 'in'; token: string; claims: LoopTokenClaims }
  | { kind: 'trouble'; sentence: string }

export interface Group {
  name: string
  longName: string
}

export interface Tier {
  tierName: string
  lookupKey?: string
  price?: number
  billingCycle?: string
  tierDescription?: string
  variants?: { label: string; lookupKey: string; price: number; billingCycle: string }[]
}

/** Asks Kratos who is here, and exchanges the session for a loopToken. */
export async function loadAccount(): Promise<Account> {
  const session = await whoami()
  if (session.status === 401) return { kind: 'out' }
  if (session.status !== 200) return { kind: 'trouble', sentence: sentenceOf(session) }

  const exchanged = await call('/authlance/identity/me', { session: session.body.id })
  if (exchanged.status !== 200) return { kind: 'trouble', sentence: sentenceOf(exchanged) }
  const { token } = exchanged.body
  return { kind: 'in', token, claims: claimsOf(token) }
}

export async function loadGroups({ identity }: User): Promise<Group[]> {
  const { status, body } = await call(`${API}/profile/my-groups/${encodeURIComponent(identity)}`)
  return status === 200 ? body : []
}

export async function loadMembers({ name }: Group): Promise<User[]> {
  const { status, body } = await call(`${API}/realm/group/${encodeURIComponent(name)}/members`)
  return status === 200 ? body : []
}

export async function loadTiers(): Promise<Tier[]> {
  const { status, body } = await call(`${API}/subscriptions/tiers`)
  return status === 200 ? body : []
}

/** @returns a sentence when it was refused */
export async function saveProfile(values: Record<string, string>): Promise<string | undefined> {
  const { firstName, lastName, birthDate, gender } = values
  const answer = await call(`${API}/profile/me`, {
    firstName,
    lastName,
    birthDate: birthDate || null,
    gender: gender || null,
  })
  return answer.status === 200 ? undefined : sentenceOf(answer)
}

/** The payload, as the dashboard reads it: base64url is plain ASCII JSON, since the token is made for `atob`. */
function claimsOf(token: string): LoopTokenClaims {
  return JSON.parse(atob(token.split('.')[1]!))
}
