import type { Exchange } from './exchange.ts'
import { kratosError } from './kratos-error.ts'
import { wholeNumber } from './pagination.ts'

const maximumSize = 1000

/** How many items a request wants, and after which token; `per_page` counts where `page_size` is missing. */
export function keysetOf({ url }: Exchange, defaultSize = 250): { token: string; size: number } {
  const query = url.searchParams
  const text = query.get('page_size') || query.get('per_page')
  const size = text ? wholeNumber(text) : defaultSize
  if (size === undefined)
    throw kratosError(400, { reason: `strconv.Atoi: parsing "${text}": invalid syntax` })
  return { token: query.get('page_token') ?? '', size: Math.min(size || defaultSize, maximumSize) }
}

/** Sets the `Link` header of a list that goes on by tokens; `next` is undefined on its last page. */
export function keysetHeader(exchange: Exchange, size: number, first: string, next?: string): void {
  const links = [linkTo(exchange, 'first', size, first)]
  if (next !== undefined) links.push(linkTo(exchange, 'next', size, next))
  exchange.headers.set('link', links.join(','))
}

/** A list that is cut by position, with the position in the token. */
export function sliceByToken<T>(exchange: Exchange, items: T[], defaultSize?: number): T[] {
  const { token, size } = keysetOf(exchange, defaultSize)
  const offset = token ? decode(token) : 0
  const end = offset + size
  keysetHeader(exchange, size, encode(0), end < items.length ? encode(end) : undefined)
  return items.slice(offset, end)
}

function linkTo({ url }: Exchange, rel: string, size: number, token: string): string {
  const query = new URLSearchParams(url.search)
  query.delete('per_page')
  query.set('page_token', token)
  query.set('page_size', String(size))
  query.sort()
  return `<${url.pathname}?${query}>; rel="${rel}"`
}

function encode(offset: number): string {
  return Buffer.from(`offset=${offset}`).toString('base64url')
}

function decode(token: string): number {
  const [, offset] = /^offset=(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (offset === undefined) throw kratosError(400, { message: 'could not parse parameter page_size' })
  return Number(offset)
}
