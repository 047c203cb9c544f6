import * as z from 'zod'

/** Pages start at 1. The dashboard never sends `perPage` and assumes 10. */
export const PageNumber = z.coerce.number().int().min(1).max(1_000_000)

export const PageQuery = z.object({
  perPage: z.coerce.number().int().min(1).max(100).default(10),
  filter: z.string().max(200).optional(),
})
