import type { Exchange } from './exchange.ts'

const defaultSize = 250
const maximumSize = 1000

/** Which part of a numbered list a request wants; pages 0 and 1 are the same. */
export function pageOf({ url }: Exchange): { page: number; size: number; offset: number } {
  const page = wholeNumber(url.searchParams.get('page')) ?? 0
  const asked =
    wholeNumber(url.searchParams.get('per_page')) ?? wholeNumber(url.searchParams.get('page_size'))
  const size = Math.min(asked || defaultSize, maximumSize)
  return { page, size, offset: Math.max(0, page - 1) * size }
}

/** Sets `X-Total-Count` and the `Link` header of a numbered list. */
export function paginationHeaders(exchange: Exchange, total: number): void {
  const { page, size: asked } = pageOf(exchange)
  const size = Math.min(asked, Math.max(total, 1))
  const lastPage = Math.max(0, Math.ceil(total / size) - 1)
  const links = [link(exchange, 'first', 0, size)]
  if (page < lastPage) links.push(link(exchange, 'next', page + 1, size))
  if (page > 0) links.push(link(exchange, 'prev', page - 1, size))
  if (lastPage > 0 && page < lastPage) links.push(link(exchange, 'last', lastPage, size))
  exchange.headers.set('link', links.join(','))
  exchange.headers.set('x-total-count', String(total))
}

export function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}

function link({ url }: Exchange, rel: string, page: number, size: number): string {
  const query = new URLSearchParams(url.search)
  const token = Buffer.from(JSON.stringify({ offset: String(page * size), v: 2 })).toString('base64url')
  query.set('page', String(page))
  query.set('page_size', String(size))
  query.set('page_token', token)
  query.set('per_page', String(size))
  query.sort()
  return `<${url.pathname}?${query}>; rel="${rel}"`
}
