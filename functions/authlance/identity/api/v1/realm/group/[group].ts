import * as z from 'zod'
import { ApiError } from '../../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../lib/http/route.ts'
import { groupOfPrincipal } from '../../../../../../../lib/identity/group-of-principal.ts'
import { Group, groupAnswer } from '../../../../../../../lib/identity/group-schema.ts'

/* The group on the dashboard's screen, for its members; sysadmins may read any. */

export default route('/authlance/identity/api/v1/realm/group/{group}', {
  GET: operation({
    summary: 'One group, for its members',
    tag: 'RealmGroups',
    access: 'groupMember',
    params: z.object({ group: z.string() }),
    responses: { 200: Group },
    async handle({ env, params, principal }) {
      const group = await groupOfPrincipal(env.db, principal, params.group)
      if (!group) throw new ApiError('not_found')
      return groupAnswer(group)
    },
  }),
})
