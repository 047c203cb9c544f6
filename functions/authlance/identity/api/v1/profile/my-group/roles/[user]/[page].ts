import * as z from 'zod'
import { operation } from '../../../../../../../../../lib/http/operation.ts'
import { PageNumber, PageQuery } from '../../../../../../../../../lib/http/paging.ts'
import { route } from '../../../../../../../../../lib/http/route.ts'
import { findGroupRoles } from '../../../../../../../../../lib/identity/roles.ts'

/* Fills the dashboard's group-role picker for callers who are not sysadmin. The `user` value is ignored. */

const RolesPage = z
  .object({ roles: z.array(z.string()), pages: z.number() })
  .meta({ id: 'DunaAuthCommonRolesPageResponse' })

export default route('/authlance/identity/api/v1/profile/my-group/roles/{user}/{page}', {
  GET: operation({
    summary: 'The roles that can be given in a group, page by page',
    tag: 'Profile',
    access: 'user',
    params: z.object({ user: z.string(), page: PageNumber }),
    query: PageQuery,
    responses: { 200: RolesPage },
    handle: ({ env, params, query }) => findGroupRoles(env.db, { page: params.page, ...query }),
  }),
})
