const SECRETS = /^(password|csrf_token|token|logout_token|session_token|code|signature)$/
const LONGEST_TEXT = 44
const LONGEST_LINE = 150

/** A value on one line as a person reads it: secrets and long texts are cut. */
export function shortJson(value: unknown): string {
  return cut(JSON.stringify(value, shortenMember) ?? '', LONGEST_LINE)
}

/** A path whose query shows no secret and no long id. */
export function shortPath(path: string): string {
  return path.replace(/([?&](?:flow|id|token)=)([^&]{8})[^&]+/g, '$1$2…')
}

/** A token of which one can tell it from another. */
export function shortToken(token: string): string {
  return `${token.slice(0, 12)}…${token.slice(-6)}`
}

export function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

function shortenMember(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return SECRETS.test(name) ? '…' : cut(value, LONGEST_TEXT)
}
