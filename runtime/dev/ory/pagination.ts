import type { Exchange } from './exchange.ts'

const defaultSize = 250
const maximumSize = 1000

export interface Page {
  page: number
  size: number
}

/** Which part of a numbered list a request wants: by `page` and `per_page`, or by `page_token` and `page_size`. */
export function pageOf({ url }: Exchange): Page {
  const query = url.searchParams
  const byToken = query.has('page_token') || query.has('page_size')
  const asked = wholeNumber(query.get(byToken ? 'page_size' : 'per_page')) ?? defaultSize
  const size = Math.max(1, Math.min(asked, maximumSize))
  const page = byToken
    ? Math.floor(offsetOf(query.get('page_token') ?? '') / size)
    : (wholeNumber(query.get('page')) ?? 0)
  return { page, size }
}

/** The items of a page. The store behind Kratos counts from 1, so that pages 0 and 1 are the same. */
export function itemsOf<T>(items: T[], { page, size }: Page): T[] {
  const offset = Math.max(0, page - 1) * size
  return items.slice(offset, offset + size)
}

/** Sets `X-Total-Count` and the `Link` header of a numbered list, in the cases that Ory's library tells apart. */
export function paginationHeaders(
  { headers, url }: Exchange,
  total: number,
  { page, size }: Page,
  plain = false,
): void {
  const offset = page * size
  const lastOffset = total % size === 0 ? total - size : Math.floor(total / size) * size
  const to = (rel: string, target: number, perPage = size) => linkTo(url, rel, target, perPage, plain)
  const links: string[] = []
  if (offset >= lastOffset && total === 0) {
    links.push(to('first', 0), to('next', offset + size), to('prev', offset - size))
  } else if (offset >= lastOffset && total <= size) {
    links.push(to('first', 0, total))
  } else if (offset >= lastOffset) {
    links.push(to('first', 0), to('prev', lastOffset - size))
  } else {
    if (offset >= size) links.push(to('first', 0))
    links.push(to('next', offset + size))
    if (offset >= size) links.push(to('prev', offset - size))
    links.push(to('last', lastOffset))
  }
  headers.set('link', links.join(','))
  headers.set('x-total-count', String(total))
}

export function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}

function linkTo(url: URL, rel: string, offset: number, size: number, plain: boolean): string {
  const query = new URLSearchParams(url.search)
  query.set('page', String(offset / size))
  query.set('per_page', String(size))
  if (!plain) {
    query.set('page_size', String(size))
    query.set('page_token', Buffer.from(`{"offset":"${offset}","v":2}`).toString('base64url'))
  }
  query.sort()
  return `<${url.pathname}?${query}>; rel="${rel}"`
}

function offsetOf(token: string): number {
  try {
    return Number(JSON.parse(Buffer.from(token, 'base64url').toString()).offset) || 0
  } catch {
    return 0
  }
}
