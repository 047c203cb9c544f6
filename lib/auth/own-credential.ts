/** Three base64url parts; the signature of an unsigned token is empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Whether a token is one of ours by its form: a JWT or a personal access token. Does not verify it. */
export function isOwnCredential(token: string): boolean {
  return JWT.test(token) || /^pat_/i.test(token)
}

/** Whether a header value such as `Bearer ...` holds one of our tokens, in any of its parts. */
export function holdsOwnCredential(headerValue: string): boolean {
  return headerValue.split(/[\s,="]+/).some(isOwnCredential)
}
