import * as z from 'zod'
import { operation } from '../../../../../../../lib/http/operation.ts'
import { route } from '../../../../../../../lib/http/route.ts'
import { Group, groupAnswer } from '../../../../../../../lib/identity/group-schema.ts'

/* The dashboard's group selection. The path value is ignored: the answer is always about the caller. */

export default route('/authlance/identity/api/v1/profile/my-groups/{user}', {
  GET: operation({
    summary: 'The groups that the caller belongs to',
    tag: 'Profile',
    access: 'user',
    params: z.object({ user: z.string() }),
    responses: { 200: z.array(Group) },
    handle: ({ principal }) => principal.tenant.memberships.map(({ group }) => groupAnswer(group)),
  }),
})
