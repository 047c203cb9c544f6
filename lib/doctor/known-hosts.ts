import { allowedOrigins, type Config } from '../config.ts'

/** Hosts under which browsers know us, as far as the configuration tells; empty when it does not. */
export function knownHosts(config: Config): Set<string> {
  const { stripe } = config
  const urls = [...allowedOrigins(config), stripe.webhookBaseUrl, stripe.successBaseUrl, stripe.rootAppUrl]
  return new Set(urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname])))
}

/** Whether a host is one of them, or lies in the cookies' domain. */
export function isKnownHost(host: string, config: Config): boolean {
  const domain = config.cookieDomain?.replace(/^\./, '')
  return (
    knownHosts(config).has(host) || (domain !== undefined && (host === domain || host.endsWith(`.${domain}`)))
  )
}

/** A URL that may be printed: without what stands before its @ and after its path. */
export function shownUrl(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : 'something that is no URL'
}
