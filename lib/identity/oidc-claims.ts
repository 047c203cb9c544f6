import type { PersonRow } from './user-answer.ts'

/** What the claims of a user are made of. */
export interface ClaimSource {
  user: PersonRow
  /** Global roles. */
  roles: string[]
  groups: { name: string; roles: string[] }[]
}

/** Claims for other applications. What is not known is left out, never null. */
export interface OidcClaims {
  email?: string
  email_verified?: boolean
  name?: string
  given_name?: string
  family_name?: string
  picture?: string
  groups?: string[]
  roles?: string[]
}

/** The claims that each scope stands for; another scope gives none of ours. */
const CLAIMS_OF_SCOPE = {
  email: ({ user }: ClaimSource) => ({ email: user.email, email_verified: user.verified === 1 }),
  profile: profileClaims,
  groups: ({ groups }: ClaimSource) => ({ groups: groups.map(({ name }) => name) }),
  roles: rolesClaim,
} satisfies Record<string, (source: ClaimSource, scopes: Set<string>) => OidcClaims>

/** Every claim that is ours alone to set. */
const OURS = new Set<string>([
  'email',
  'email_verified',
  'name',
  'given_name',
  'family_name',
  'picture',
  'groups',
  'roles',
] satisfies (keyof OidcClaims)[])

/** The claims of a user that the granted scopes ask for. @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims */
export function oidcClaims(source: ClaimSource, grantedScopes: string[]): OidcClaims {
  const scopes = new Set(grantedScopes)
  const claims = Object.entries(CLAIMS_OF_SCOPE).filter(([scope]) => scopes.has(scope))
  return Object.assign({}, ...claims.map(([, claimsOf]) => claimsOf(source, scopes)))
}

/**
 * Puts claims in the place of those that a token had. What others have set stays: Hydra keeps `sid` there, without which its logout
 * refuses the id token.
 */
export function withClaims(before: Record<string, unknown>, claims: OidcClaims): Record<string, unknown> {
  const others = Object.entries(before).filter(([name]) => !OURS.has(name))
  return { ...Object.fromEntries(others), ...claims }
}

/** No name is made up from the address, which the `profile` scope does not cover. */
function profileClaims({ user }: ClaimSource): OidcClaims {
  const name = `${user.first_name} ${user.last_name}`.trim()
  return {
    ...(name && { name }),
    ...(user.first_name && { given_name: user.first_name }),
    ...(user.last_name && { family_name: user.last_name }),
    ...(user.avatar && { picture: user.avatar }),
  }
}

/** Roles in groups name the group, so they need its scope too. A slug has no colon: `acme:group-admin` is no global role. */
function rolesClaim({ roles, groups }: ClaimSource, scopes: Set<string>): OidcClaims {
  const inGroups = groups.flatMap((group) => group.roles.map((role) => `${group.name}:${role}`))
  return { roles: scopes.has('groups') ? [...roles, ...inGroups] : roles }
}
