import * as z from 'zod'

const UserGroupRole = z
  .object({ group: z.string(), role: z.string(), user: z.string().optional() })
  .meta({ id: 'CommonUserGroupRole' })

/** A user in answers, as the public client types it. */
export const User = z
  .object({
    identity: z.string(),
    email: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    avatar: z.string().optional(),
    birthDate: z.string().optional().meta({ description: 'ISO 8601 instant, midnight UTC' }),
    gender: z.string().optional(),
    roles: z.array(z.string()),
    groups: z.array(z.string()).meta({ description: 'Group names' }),
    groupRoles: z.array(UserGroupRole),
    state: z.enum(['active', 'inactive']).meta({ id: 'CommonIdentityState' }),
    verified: z.boolean(),
  })
  .meta({ id: 'DunaAuthCommonUser' })
