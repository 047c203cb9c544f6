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

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** Path segments, already encoded: one that fits, then ones that must not confuse anybody. */
const SEGMENTS = [
  'me',
  '1',
  'user',
  '',
  '.',
  '..',
  '%2e%2e',
  '%2E',
  '%00',
  '%',
  '%zz',
  '%ff',
  '%c3%28',
  '%e0%80%af',
  '%2f',
  '%5c',
  '%252e%252e',
  '%0d%0aset-cookie:a=b',
  '-1',
  '0',
  '1e309',
  'NaN',
  '99999999999999999999',
  '1.5',
  '__proto__',
  'constructor',
  'toString',
  "'or'1'='1",
  '%22%3bdrop',
  ';a=b',
  '*',
  '{group}',
  ':group',
  '%f0%9f%92%a9',
  '%ed%a0%80',
  '%e2%80%ae',
  'a'.repeat(300),
  `${'x'.repeat(7000)}`,
  'admin',
  'internal',
  '@evil.example',
  'a%20b',
  '+',
]
const QUERIES = [
  '',
  '',
  '',
  '?',
  '?page=-1',
  '?page=1&page=2',
  '?filter=%',
  '?filter=%ff%fe',
  '?__proto__=1',
  '?a[b]=c',
  '?%00=1',
  `?filter=${'y'.repeat(5000)}`,
  '?flow=..%2f..',
  '?return_to=https://evil.example',
  '??&&==',
  '?perPage=1e99',
]
const CONTENT_TYPES = [
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'APPLICATION/JSON;',
  'text/plain',
  '',
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  'multipart/form-data; boundary="',
  'application/x-www-form-urlencoded',
  'application/json, text/html',
  '/',
  ';;;',
  'application/xml',
  `multipart/form-data; boundary=${'b'.repeat(500)}`,
]
const JSON_TEXTS = [
  '{}',
  'null',
  '[]',
  '0',
  '""',
  '{',
  '{"session":7}',
  '{"session":null}',
  '{"session":"sid-a"}',
  '{"session":{"$ne":1}}',
  '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
  '{"session":"\\ud800"}',
  '{"session":"\\u0000"}',
  '{"firstName":["a"],"birthDate":"9999-99-99"}',
  '{"birthDate":"0001-01-01T00:00:00Z"}',
  '{"birthDate":"2000-01-01T00:00:00+99:99"}',
  '{"firstName":"\\ud83d\\ude00","lastName":"\\u202e"}',
  '{"gender":"\\u0000"}',
  '{"firstName":"a","firstName":"b"}',
  `{"firstName":"${'n'.repeat(10_000)}"}`,
  '{"birthDate":1e400}',
  `${'['.repeat(5000)}`,
  `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
  '{"roles":["sysadmin"],"groups":["x"],"identity":"other"}',
  '1e999999',
  '\u0000',
  '{"session":"sid-a"}{"session":"sid-b"}',
]
const MULTIPARTS = [
  '--b--',
  '--b--\r\n',
  '',
  '--b\r\n',
  '--b\r\n\r\n\r\n--b--',
  '--c\r\ncontent-disposition: form-data; name="user"\r\n\r\n{}\r\n--c--',
  part('name="user"', '{}'),
  part('name="user"', '{'),
  part('name="user"', '[]'),
  part('name="user"', '{"gender":5}'),
  part('name="avatarImage"; filename="../../a.png"', '\u0089PNG'),
  part('name="avatarImage"', 'text'),
  part('name=', ''),
  part('name="__proto__"', '{}'),
  part('name="user"; filename*=UTF-8\'\'%ff', '{}'),
  part(`name="${'n'.repeat(9000)}"`, ''),
  `--b\r\n${'x-a: b\r\n'.repeat(500)}\r\n\r\n--b--`,
]
const COOKIES = [
  '=',
  ';;;',
  'loopToken',
  'loopToken=',
  'loopToken=a; loopToken=b',
  'a=b',
  'loopToken="quoted"',
  '\u00ff=\u00fe',
  `a=${'c'.repeat(8000)}`,
]
const SCHEMES = ['Bearer ', 'bearer  ', 'Basic ', 'Bearer', '', 'Bearer a ', 'Digest x=']
const ODD_HEADERS: [string, string][] = [
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['origin', 'http://'],
  ['origin', 'javascript:alert(1)'],
  ['sec-fetch-site', 'cross-site'],
  ['sec-fetch-site', 'same-origin'],
  ['traceparent', '00-x-y-z'],
  ['traceparent', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`],
  ['tracestate', '='.repeat(600)],
  ['x-request-id', '../\u00e9'],
  ['x-request-id', 'r'.repeat(5000)],
  ['x-forwarded-for', '127.0.0.1, ::1, x'],
  ['x-forwarded-proto', 'gopher'],
  ['x-forwarded-host', 'evil.example:99999'],
  ['forwarded', 'for="_gazonk";proto=;host='],
  ['accept', '*/*;q=nope'],
  ['accept-encoding', 'gzip;q=2, \u00ff'],
  ['content-encoding', 'gzip'],
  ['expect', '100-continue'],
  ['upgrade', 'websocket'],
  ['connection', 'upgrade, x-session-token'],
  ['range', 'bytes=0-0,-1'],
  ['if-none-match', '*'],
  ['if-none-match', '"\u00ff'],
  ['te', 'trailers, deflate'],
  ['access-control-request-method', 'PUT'],
  ['access-control-request-method', '\u00fe'],
  ['access-control-request-headers', 'x'.repeat(3000)],
  ['x-http-method-override', 'DELETE'],
  ['content-language', '\u00e4'],
]

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

function part(disposition: string, content: string): string {
  return `--b\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}\r\n--b--\r\n`
}
