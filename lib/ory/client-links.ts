import type { ClientQuery } from './hydra.ts'

const CLIENTS = '/authlance/openid/admin/clients'

/**
 * The `Link` header of a page of clients, from the one that Hydra gave: it points to us, is never empty, and has `page_token`
 * right before the last parameter, since the dashboard takes what lies between the two.
 * @param count of the clients on this page
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function clientLinks(link: string | undefined, query: ClientQuery, count: number): string {
  const links = [...(link ?? '').matchAll(/<([^>]*)>\s*;\s*rel="?(\w+)"?/g)].flatMap(([, target, rel]) => {
    const token = URL.parse(target!, 'http://hydra')?.searchParams.get('page_token')
    return token && isThere(rel!, query, count) ? [linkTo(rel!, query, token)] : []
  })
  return links.length ? links.join(',') : linkTo('first', query)
}

/** Hydra counts clients that a filter leaves out, and names neighbours of an empty page. */
function isThere(rel: string, { page_size, page_token }: ClientQuery, count: number): boolean {
  if (rel === 'next' || rel === 'last') return count >= page_size
  return rel !== 'prev' || page_token !== undefined
}

function linkTo(rel: string, { page_size, client_name, owner }: ClientQuery, token?: string): string {
  const query = new URLSearchParams()
  if (client_name !== undefined) query.set('client_name', client_name)
  if (owner !== undefined) query.set('owner', owner)
  if (token !== undefined) query.set('page_token', token)
  query.set('page_size', String(page_size))
  return `<${CLIENTS}?${query}>; rel="${rel}"`
}
