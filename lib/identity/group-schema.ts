import * as z from 'zod'
import type { GroupRow } from '../db/tables.ts'

/** A group in answers. The client's DTO says `url`, its pages `homeUrl`: both are sent. */
export const Group = z
  .object({
    id: z.number(),
    name: z.string().meta({ description: 'Slug' }),
    longName: z.string(),
    description: z.string(),
    avatar: z.string().optional(),
    url: z.string().optional(),
    homeUrl: z.string().optional(),
    subscriptionUuid: z.string().meta({ description: 'App Store account token' }),
  })
  .meta({ id: 'DunaAuthCommonGroup' })
export type Group = z.output<typeof Group>

export function groupAnswer(group: GroupRow): Group {
  return {
    id: group.id,
    name: group.name,
    longName: group.long_name,
    description: group.description ?? '',
    subscriptionUuid: group.subscription_uuid,
    ...(group.avatar !== null && { avatar: group.avatar }),
    ...(group.url !== null && { url: group.url, homeUrl: group.url }),
  }
}
