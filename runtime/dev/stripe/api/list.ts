import { resourceMissing } from '../stripe-error.ts'

export interface Paging {
  limit?: number | undefined
  starting_after?: string | undefined
  ending_before?: string | undefined
}

export interface TimeRange {
  gt?: number | undefined
  gte?: number | undefined
  lt?: number | undefined
  lte?: number | undefined
}

/** A page of resources, the newest first. @throws 400 when the cursor names none of them */
export function listPage<T extends { id: string }>(
  url: string,
  items: Iterable<T>,
  { limit = 10, starting_after: after, ending_before: before }: Paging,
) {
  const all = [...items].reverse()
  const at = (id: string, param: string) => {
    const index = all.findIndex((item) => item.id === id)
    if (index < 0) throw resourceMissing('object', id, param)
    return index
  }
  let from = 0
  let until = all.length
  if (after !== undefined) from = at(after, 'starting_after') + 1
  if (before !== undefined) until = at(before, 'ending_before')
  const backwards = before !== undefined
  const data = backwards ? all.slice(Math.max(0, until - limit), until) : all.slice(from, from + limit)
  const has_more = backwards ? until - limit > 0 : from + limit < all.length
  return { object: 'list' as const, data, has_more, url }
}

export function within(at: number, range: TimeRange | undefined): boolean {
  if (!range) return true
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range
  return at > gt && at >= gte && at < lt && at <= lte
}
