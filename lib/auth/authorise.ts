import type { Config } from '../config.ts'
import { ApiError } from '../http/errors.ts'
import type { UserAccess } from '../http/operation.ts'
import { profileGaps } from '../identity/profile-gaps.ts'
import { normaliseSlug } from '../identity/slug.ts'
import type { Principal } from './authenticate.ts'

/**
 * Lets the principal through or throws. What is not the caller's looks absent: a group that one does not belong to gives the
 * answer of a group that does not exist.
 * @throws {ApiError} `forbidden`, `not_found`
 */
export function authorise(principal: Principal, access: UserAccess, params: unknown): void {
  const { roles, memberships } = principal.tenant
  const isSysadmin = roles.includes('sysadmin')

  switch (access) {
    case 'user':
      return
    case 'admin':
      if (isSysadmin || roles.includes('admin')) return
      throw new ApiError('forbidden')
    case 'sysadmin':
      if (isSysadmin) return
      throw new ApiError('forbidden')
    case 'groupMember':
    case 'groupAdmin': {
      if (isSysadmin) return
      const name = normaliseSlug((params as { group: string }).group)
      const membership = memberships.find(({ group }) => group.name === name)
      if (!membership) throw new ApiError('not_found')
      if (access === 'groupAdmin' && !membership.roles.includes('group-admin'))
        throw new ApiError('forbidden')
    }
  }
}

/** Refuses changes by users whose mandatory profile fields are missing. @throws {ApiError} `profile_incomplete` */
export function requireCompleteProfile({ tenant }: Principal, config: Config): void {
  const missing = tenant.roles.includes('sysadmin') ? [] : profileGaps(tenant.user, config)
  if (missing.length) throw new ApiError('profile_incomplete', { extra: { missing } })
}
