const rules: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/ory_(st|lo)_[A-Za-z0-9]{32}/g, '<ory_$1>'],
  [/^[A-Za-z0-9+/]{86}==$/, '<csrf>'],
  [/-?\d+\.\d\d minutes/g, '<n> minutes'],
  [/csrf_token=[^&]+/g, 'csrf_token=<csrf>'],
  [/page_token=[A-Za-z0-9%_=-]+/g, 'page_token=<token>'],
]

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const valueKeys = new Map([
  ['expired_at_unix', '<unix>'],
  ['privileged_session_expires_at_unix', '<unix>'],
  ['since', '<nanoseconds>'],
  ['ip_address', '<ip>'],
  ['hashed_password', '<hash>'],
  ['recovery_code', '<code>'],
])

/**
 * Replaces what differs from run to run: times, tokens, origins, and ids by their order of appearance, so that two
 * recordings are equal only when the same id stands in the same places.
 */
export function createNormaliser(origins: [string, string][]) {
  const ids = new Map<string, string>()
  const label = (id: string) => {
    if (!ids.has(id)) ids.set(id, `<id ${ids.size + 1}>`)
    return ids.get(id)!
  }

  function text(value: string): string {
    let result = value
    for (const [origin, name] of origins) result = result.replaceAll(origin, name)
    for (const [pattern, replacement] of rules) result = result.replace(pattern, replacement)
    return result.replace(uuidPattern, label)
  }

  function json(value: unknown, key = ''): unknown {
    if (value !== null && valueKeys.has(key)) return valueKeys.get(key)
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return (key === 'nodes' ? settleNodes(value) : value).map((item) => json(item))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, json(item, name)]))
  }

  return { text, json }
}

interface FormNode {
  attributes: { name?: string; type?: string }
}

/**
 * Orders nodes that Kratos leaves in no fixed order: hidden traits come from a Go map, and an unknown field is sorted
 * before or after the anti-CSRF token by that token's value.
 */
function settleNodes(nodes: FormNode[]): FormNode[] {
  const isFree = ({ attributes: { name = '', type } }: FormNode) =>
    (type === 'hidden' && /^(traits\.|csrf_token$)/.test(name)) || name === 'traits' || name === 'traits.name'
  const free = nodes.filter(isFree)
  free.sort((a, b) => (a.attributes.name ?? '').localeCompare(b.attributes.name ?? ''))
  return nodes.map((node) => (isFree(node) ? free.shift()! : node))
}

/** A `Set-Cookie` line with its value replaced; an emptied value stays visible. */
export function normaliseCookie(line: string): string {
  return line
    .replace(/^([^=]+)=([^;]*)/, (_, name, value) => `${name}=${value ? '<value>' : ''}`)
    .replace(/Expires=[^;]+/, 'Expires=<time>')
    .replace(
      /Max-Age=(8639\d|3599)/,
      (_, n) => `Max-Age=<${n.startsWith('8639') ? 'about 86400' : 'about 3600'}>`,
    )
}
