/** Names under the proxied prefix that never reach Kratos: its admin API, old admin aliases, and paths of ours. */
const OURS = new Set(['admin', 'identities', 'email', 'token_hook', 'metrics', 'api'])

/** RFC 3986 unreserved characters: no slash, dot segment, parameter or further escape can hide in them. */
const SEGMENT = /^[\w.~-]+$/

/**
 * The path on Kratos' public API that a still-encoded path stands for, or undefined when it is not for Kratos.
 * @param rawPath without the prefix and its slash
 */
export function publicPath(rawPath: string): string | undefined {
  const path = plainPath(rawPath)
  return path === undefined || OURS.has(path.split('/')[0]!.toLowerCase()) ? undefined : path
}

/**
 * A still-encoded path without its escapes, so that what is checked is what the upstream reads. Every public path of Kratos and
 * Hydra is made of unreserved characters; whatever decodes to anything else (slashes, backslashes, dot segments, `;`, NUL, a
 * second layer of escapes, overlong or broken escapes) is refused rather than repaired.
 */
export function plainPath(rawPath: string): string | undefined {
  const segments = rawPath.split('/').map(decodeSegment)
  return segments.every((segment) => segment !== undefined) ? segments.join('/') : undefined
}

/** A trailing dot would be a dot segment, or the same name again to some servers. */
function decodeSegment(raw: string): string | undefined {
  try {
    const segment = decodeURIComponent(raw)
    return SEGMENT.test(segment) && !segment.endsWith('.') ? segment : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a redirect leads to the admin API, as Kratos' public port answers for some admin paths. The program may know its admin
 * address by another name than we do, hence also by the path that it builds.
 * @param path the path that was asked for
 */
export function leadsToAdmin(
  location: string,
  path: string,
  { url, adminUrl }: { url: string; adminUrl: string | undefined },
): boolean {
  const target = URL.parse(location, `${url}/${path}`)
  if (!target) return false
  if (target.pathname.endsWith(`/admin/${path}`)) return true
  if (adminUrl === undefined) return false

  const admin = new URL(adminUrl)
  if (target.host !== admin.host) return false
  return (
    new URL(url).host !== admin.host || target.pathname.startsWith(new URL(`${adminUrl}/admin/`).pathname)
  )
}
