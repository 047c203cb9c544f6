import * as z from 'zod'
import type { UserRow } from '../../../../../../lib/db/tables.ts'
import type { Env } from '../../../../../../lib/env.ts'
import { ApiError } from '../../../../../../lib/http/errors.ts'
import { jsonText } from '../../../../../../lib/http/json-text.ts'
import { operation } from '../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../lib/http/route.ts'
import type { Trace } from '../../../../../../lib/http/trace.ts'
import { storeAvatar } from '../../../../../../lib/identity/avatar.ts'
import {
  changedColumns,
  type ProfileColumns,
  ProfileUpdate,
  updateProfile,
} from '../../../../../../lib/identity/profile.ts'
import { tenantAnswer } from '../../../../../../lib/identity/user-answer.ts'
import { User } from '../../../../../../lib/identity/user-schema.ts'

/*
 * The profile page, which always sends multipart; JSON is legal too. Names are Kratos traits: they are changed there first, or
 * the next exchange would undo them.
 */

const ProfileForm = z.object({
  user: jsonText(ProfileUpdate).optional(),
  avatarImage: z.file().optional(),
})

export default route('/authlance/identity/api/v1/profile/me', {
  POST: operation({
    summary: "Change the caller's own profile",
    tag: 'Profile',
    access: 'user',
    allowsIncompleteProfile: true,
    body: {
      json: ProfileUpdate.transform((user) => ({ user, avatarImage: undefined })),
      multipart: ProfileForm,
    },
    responses: { 200: User },
    errors: ['avatar_storage_missing', 'avatar_invalid', 'upstream_unavailable', 'storage_unavailable'],
    async handle({ env, trace, principal, body }) {
      const { user } = principal.tenant
      const file = body.avatarImage?.size ? body.avatarImage : undefined
      const avatar = file && (await storeAvatar(file, env.avatars, env.config.limits.avatarBytes))

      const columns = changedColumns(user, body.user ?? {}, avatar)
      await renameAtKratos(user, columns, env, trace)
      if (Object.keys(columns).length) await updateProfile(env.db, user.id, columns, env.clock.now())

      return tenantAnswer({ ...principal.tenant, user: { ...user, ...columns } })
    },
  }),
})

async function renameAtKratos(
  user: UserRow,
  columns: Partial<ProfileColumns>,
  env: Env,
  trace: Trace,
): Promise<void> {
  const { first_name: firstName, last_name: lastName } = columns
  if (firstName === undefined && lastName === undefined) return
  const name = { firstName: firstName ?? user.first_name, lastName: lastName ?? user.last_name }
  const result = await env.kratos.renameIdentity(user.identity, name, trace)
  if (result.kind === 'renamed') return
  env.log.warn({ ...result, identity: user.identity }, 'name not changed at Kratos')
  if (result.kind === 'unavailable') throw new ApiError('upstream_unavailable')
  throw new ApiError('invalid_request', { detail: 'The identity service does not take this name.' })
}
