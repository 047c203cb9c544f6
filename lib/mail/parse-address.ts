/** The longest address that mail servers take. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 */
const MAX_LENGTH = 320

// Whatever a mail program may take for the end of a line, and every other control character.
const CONTROL = /[\p{Cc}\u2028\u2029]/u
const ATOM = /^[^\s()<>[\]:;@\\,."]+$/
const QUOTED = /^"(?:[^"\\]|\\.)*"$/
const LITERAL = /^\[[0-9A-Za-z.:]+\]$/

/**
 * The one mailbox that a `to` or `from` names, without its display name: local part and domain.
 * Takes what Kratos takes for an address, so also quoted local parts, letters of any script and hosts without a dot.
 * Does not check that the domain exists.
 * @returns undefined when it is none, or holds a line break or another control character
 * @see https://www.rfc-editor.org/rfc/rfc5322#section-3.4
 */
export function parseAddress(text: string): { address: string; local: string } | undefined {
  if (CONTROL.test(text)) return undefined
  const trimmed = text.trim()
  const named = /^(?<name>[^<>]*)<(?<address>[^<>]+)>$/.exec(trimmed)
  if (named && !isDisplayName(named.groups!.name!.trim())) return undefined

  const address = named ? named.groups!.address! : trimmed
  const at = address.lastIndexOf('@')
  if (at < 1 || address.length > MAX_LENGTH) return undefined
  const local = address.slice(0, at)
  const domain = address.slice(at + 1)
  const isLocal = QUOTED.test(local) || local.split('.').every((atom) => ATOM.test(atom))
  const isDomain = LITERAL.test(domain) || domain.split('.').every((label) => ATOM.test(label))
  return isLocal && isDomain ? { address, local } : undefined
}

/** Words, or one quoted text. A comma or an `@` outside quotes would make it a list or another mailbox. */
function isDisplayName(name: string): boolean {
  return name === '' || QUOTED.test(name) || !/[()[\]:;@\\,"]/.test(name)
}
