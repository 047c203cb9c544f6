import type { Emulator } from './emulator.ts'
import { publicUrl } from './emulator.ts'
import { kratosError } from './kratos-error.ts'

/**
 * The place to send a browser to: `return_to` of the URL when it is allowed, else the fallback.
 * @throws 400 `self_service_flow_return_to_forbidden`
 */
export function secureReturnTo(
  emulator: Emulator,
  sourceUrl: string,
  fallback: string,
  explicit = '',
): string {
  const raw = explicit || (new URL(sourceUrl).searchParams.get('return_to') ?? '')
  if (raw === '') return fallback

  const target = parse(raw, fallback)
  const allowed = [...emulator.allowedReturnUrls, publicUrl(emulator, '/self-service')]
  if (allowed.some((candidate) => isUnder(target, new URL(candidate)))) return printed(raw, target)

  throw kratosError(400, {
    id: 'self_service_flow_return_to_forbidden',
    reason: `Requested return_to URL ${JSON.stringify(printed(raw, target))} is not allowed.`,
  })
}

function parse(raw: string, fallback: string): URL {
  try {
    return new URL(raw, fallback)
  } catch {
    throw kratosError(400, {
      reason: `Unable to parse the return_to query parameter as an URL: parse ${JSON.stringify(raw)}`,
    })
  }
}

/** Go prints an absolute URL without a path as it stood, where `URL` adds a slash. */
function printed(raw: string, target: URL): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+$/i.test(raw) ? raw : target.toString()
}

function isUnder(target: URL, allowed: URL): boolean {
  const sameHost = allowed.host.startsWith('*')
    ? target.host.endsWith(allowed.host.slice(1))
    : target.host === allowed.host
  return target.protocol === allowed.protocol && sameHost && target.pathname.startsWith(allowed.pathname)
}
