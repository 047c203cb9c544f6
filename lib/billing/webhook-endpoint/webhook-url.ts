const PATH = ['authlance', 'payments', 'api', 'v1', 'stripe', 'webhook']

/** Where Stripe calls us, below a base that may hold the beginning of the path already. @param base an absolute URL */
export function webhookUrl(base: string): string {
  const url = new URL(base)
  const segments = url.pathname.split('/').filter((segment) => segment !== '')
  let shared = Math.min(PATH.length, segments.length)
  while (shared > 0 && segments.slice(-shared).join('/') !== PATH.slice(0, shared).join('/')) shared--
  return `${url.origin}/${[...segments, ...PATH.slice(shared)].join('/')}`
}
