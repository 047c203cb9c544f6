/** Names under the proxied prefix that never reach Kratos: its admin API, old admin aliases, and paths of ours. */
const OURS = new Set(['admin', 'identities', 'email', 'token_hook', 'metrics', 'api'])

/** RFC 3986 unreserved characters: no slash, dot segment, parameter or further escape can hide in them. */
const SEGMENT = /^[\w.~-]+$/

/**
 * The path on Kratos' public API that a still-encoded path stands for, or undefined when it is not for Kratos. The answer
 * has no escapes left, so that what was checked is what Kratos reads. Every Kratos path is made of unreserved characters;
 * whatever decodes to anything else (slashes, backslashes, dot segments, `;`, NUL, a second layer of escapes, overlong or
 * broken escapes) is refused rather than repaired.
 * @param rawPath without the prefix and its slash
 */
export function publicPath(rawPath: string): string | undefined {
  const segments = rawPath.split('/').map(decodeSegment)
  if (!segments.every((segment) => segment !== undefined)) return undefined
  return OURS.has(segments[0]!.toLowerCase()) ? undefined : segments.join('/')
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
 * Whether a redirect leads to the admin API, as Kratos' public port answers for some admin paths. Kratos may know its admin
 * address by another name than we do, hence also by the path that it builds.
 * @param path the path that was asked for
 */
export function leadsToAdmin(
  location: string,
  path: string,
  kratos: { url: string; adminUrl: string },
): boolean {
  const target = URL.parse(location, `${kratos.url}/${path}`)
  if (!target) return false
  if (target.pathname.endsWith(`/admin/${path}`)) return true

  const admin = new URL(kratos.adminUrl)
  if (target.host !== admin.host) return false
  return (
    new URL(kratos.url).host !== admin.host ||
    target.pathname.startsWith(new URL(`${kratos.adminUrl}/admin/`).pathname)
  )
}
