const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)+(?=[a-z])${LABEL}$`)
const MAX_LENGTH = 253

/** The name of a host in a zone, in lower case, as Cloudflare's patterns take it; undefined for what is none. */
export function edgeHost(text: string): string | undefined {
  const name = text.toLowerCase()
  return name.length <= MAX_LENGTH && HOST_NAME.test(name) ? name : undefined
}
