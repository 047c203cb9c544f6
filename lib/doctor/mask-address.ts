/** A mail address that tells one from another to who knows them, and gives none away: `a***@example.com`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return at < 1 ? '***' : `${[...address][0]}***${address.slice(at)}`
}
