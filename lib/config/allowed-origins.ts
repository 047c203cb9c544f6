import type { Config } from './schema.ts'

/** The origins whose pages may call with credentials: the configured ones and those of the frontend URLs. */
export function allowedOrigins(config: Config): string[] {
  const { successBaseUrl, rootAppUrl, portalReturnUrl } = config.stripe
  const urls = [config.frontend.url, successBaseUrl, rootAppUrl, portalReturnUrl]
  const origins = urls.filter((url) => url !== undefined).map((url) => new URL(url).origin)
  return [...new Set([...config.allowedOrigins, ...origins])]
}
