import {
  CONTENT_TYPES,
  COOKIES,
  JSON_TEXTS,
  METHODS,
  MULTIPARTS,
  ODD_HEADERS,
  QUERIES,
  SCHEMES,
  SEGMENTS,
} from './hostile-values.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface HostileRequest {
  method: string
  target: string
  /** Names and values in turn, as they go over the wire. */
  headers: [name: string, value: string][]
  body?: Uint8Array
}

export interface Target {
  /** With `{name}` and `{+name}` to fill. */
  path: string
  /** Those that it serves. */
  methods: string[]
}

export interface Ammunition {
  targets: Target[]
  /** Credentials that are good, and values that look like some; none may come back. */
  tokens: string[]
  host: string
}

/** One request that nobody's client sends. */
export function hostileRequest(random: SeededRandom, ammunition: Ammunition): HostileRequest {
  const { path, methods } = random.pick(ammunition.targets)
  const method = random.next() < 0.6 ? random.pick(methods) : random.pick(METHODS)
  const target = hostileTarget(random, path)
  const headers: [string, string][] = [['host', ammunition.host]]
  for (let count = random.whole(0, 3); count > 0; count--) headers.push(random.pick(ODD_HEADERS))
  addCredentials(random, ammunition.tokens, headers)

  const withBody = method !== 'GET' && method !== 'HEAD' && random.next() < 0.9
  if (!withBody) return { method, target, headers }

  const type = random.pick(CONTENT_TYPES)
  if (type) headers.push(['content-type', type])
  return { method, target, headers, body: hostileBody(random, type) }
}

function hostileTarget(random: SeededRandom, template: string): string {
  const filled = template.replace(/\{(\+?)\w+\}/g, (_, rest: string) => {
    const count = rest ? random.whole(1, 3) : 1
    return Array.from({ length: count }, () => random.pick(SEGMENTS)).join('/')
  })
  return (random.next() < 0.1 ? bend(random, filled) : filled) + random.pick(QUERIES)
}

/** Changes one place of a path. */
function bend(random: SeededRandom, path: string): string {
  const at = random.whole(1, path.length)
  return path.slice(0, at) + random.pick(SEGMENTS) + path.slice(random.pick([at, at + 1]))
}

function addCredentials(random: SeededRandom, tokens: string[], headers: [string, string][]): void {
  const token = () => (random.next() < 0.7 ? random.pick(tokens) : damaged(random, random.pick(tokens)))
  const kind = random.whole(0, 9)
  if (kind < 3) headers.push(['authorization', random.pick(SCHEMES) + token()])
  else if (kind < 4) headers.push(['authorization', `Bearer ${token()}`])
  if (kind === 4 || kind === 5)
    headers.push(['cookie', `loopToken=${token()}; ory_kratos_session=${token()}`])
  if (kind === 6) headers.push(['cookie', random.pick(COOKIES)])
  if (kind === 7) headers.push(['x-session-token', token()])
  if (kind === 8)
    headers.push(
      ['cookie', `${random.pick(COOKIES)}; loopToken=${token()}`],
      ['authorization', `Bearer ${token()}`],
    )
}

function damaged(random: SeededRandom, token: string): string {
  const at = random.whole(0, token.length - 1)
  return random.pick([
    token.slice(0, at),
    token.slice(0, at) + random.pick(['.', '=', '_', 'A']) + token.slice(at + 1),
    token + token,
  ])
}

function hostileBody(random: SeededRandom, type: string): Uint8Array {
  const kind = random.whole(0, 19)
  if (kind === 0) return Uint8Array.from({ length: random.whole(0, 400) }, () => random.whole(0, 255))
  if (kind === 1) return new Uint8Array(random.pick([0, 1, 70_000]))
  const texts = type.startsWith('multipart') ? MULTIPARTS : JSON_TEXTS
  const text = random.pick(
    random.next() < 0.9 ? texts : [...JSON_TEXTS, ...MULTIPARTS, 'a=b&session=x', '%', '&&&='],
  )
  return new TextEncoder().encode(text)
}
