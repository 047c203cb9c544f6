/** Short values would blot out ordinary text, and guard nothing. */
const MIN_SECRET_LENGTH = 6

/**
 * Replaces configured secrets in a finished JSON line, whatever put them there.
 * @param secrets the longest first
 */
export function secretRedactor(secrets: string[]): (line: string) => string {
  const values = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  return (line) => values.reduce((text, value) => text.replaceAll(value, '[redacted]'), line)
}
