/** A text with its references replaced, or the reason why that cannot be. */
export type Substituted = { ok: true; text: string } | { ok: false; expected: string; found: string }

const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g

const EXAMPLE = `$\{NAME} or $\{NAME:-default}`

/**
 * Replaces `${NAME}` and `${NAME:-default}`; `$${` stands for a literal `${`.
 * One pass: what a variable holds is never looked at again. An empty variable takes the default, as in a shell.
 * @param lookUp returns undefined for an unset variable
 */
export function substitute(text: string, lookUp: (name: string) => string | undefined): Substituted {
  let failure: Substituted | undefined
  const result = text.replace(REFERENCE, (whole, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${'
    if (name === undefined) {
      failure ??= {
        ok: false,
        expected: `references such as ${EXAMPLE} (and $$\{ for a literal $\{)`,
        found: 'an incomplete one',
      }
      return ''
    }
    const value = lookUp(name)
    if (value === undefined && fallback === undefined) {
      failure ??= { ok: false, expected: `the environment variable ${name}`, found: 'it unset' }
    }
    return fallback === undefined ? (value ?? '') : value || fallback
  })
  return failure ?? { ok: true, text: result }
}
