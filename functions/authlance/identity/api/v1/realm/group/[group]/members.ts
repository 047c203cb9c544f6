import * as z from 'zod'
import { ApiError } from '../../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../../lib/http/route.ts'
import { findMembers } from '../../../../../../../../lib/identity/members.ts'
import { User } from '../../../../../../../../lib/identity/user-schema.ts'

/* Everybody in a group with the roles held there; the dashboard also looks one member up in this list. */

export default route('/authlance/identity/api/v1/realm/group/{group}/members', {
  GET: operation({
    summary: 'The members of a group, for its members',
    tag: 'RealmGroups',
    access: 'groupMember',
    params: z.object({ group: z.string() }),
    responses: { 200: z.array(User) },
    async handle({ env, params }) {
      const members = await findMembers(env.db, params.group)
      if (!members.length) throw new ApiError('not_found')
      return members
    },
  }),
})
