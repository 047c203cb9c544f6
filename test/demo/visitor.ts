import type { Narrator } from './narrator.ts'
import { shortJson, shortPath, shortToken } from './shorten.ts'
import { Surprise } from './surprise.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: the story asserts what it expects
  body: any
  /** Names of the cookies that were set, and of those that were removed with a minus. */
  cookies: string[]
}

export interface Ask {
  json?: unknown
  headers?: Record<string, string>
  /** The status that the story expects; default 200. */
  expect?: number
  /** What of the answer is worth a look; default all of it. */
  // biome-ignore lint/suspicious/noExplicitAny: the story knows what it asked for
  show?: (body: any) => unknown
}

/** Somebody with a browser of their own: keeps cookies, and tells of every request. */
export interface Visitor {
  get(path: string, ask?: Ask): Promise<Answer>
  post(path: string, json: unknown, ask?: Ask): Promise<Answer>
  /** The cookies as a browser would send them. */
  cookie(): string
}

const TIMEOUT_MS = 20_000

export function createVisitor(url: string, narrator: Narrator): Visitor {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  async function ask(
    method: string,
    path: string,
    { json, headers, expect = 200, show }: Ask,
  ): Promise<Answer> {
    narrator.asked(
      method,
      shortPath(path),
      [shortCredential(headers), shortJson(json)].filter(Boolean).join('  '),
    )
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        accept: 'application/json',
        origin: url,
        ...(jar.size > 0 && { cookie: cookie() }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    }).catch((error: Error) => {
      throw new Surprise(
        `${method} ${path} got no answer: ${(error.cause as Error)?.message ?? error.message}`,
      )
    })
    const cookies = keep(jar, response.headers.getSetCookie())
    const body = readJson(await response.text())
    narrator.answered(
      response.status,
      [described(response.status, body, show), cookies.join(' ')].filter(Boolean).join('  '),
    )
    if (response.status !== expect) {
      throw new Surprise(
        `${method} ${shortPath(path)}: expected ${expect}, got ${response.status} ${shortJson(body)}`,
      )
    }
    return { status: response.status, body, cookies }
  }

  return {
    get: (path, options = {}) => ask('GET', path, options),
    post: (path, json, options = {}) => ask('POST', path, { ...options, json }),
    cookie,
  }
}

/** Stores what an answer sets, whatever `Secure` says: the story runs on loopback. */
function keep(jar: Map<string, string>, lines: string[]): string[] {
  return lines.map((line) => {
    const [pair = ''] = line.split(';')
    const name = pair.slice(0, pair.indexOf('='))
    const removed = /;\s*max-age=0/i.test(line)
    if (removed) jar.delete(name)
    else jar.set(name, pair.slice(name.length + 1))
    return `${removed ? '−' : '+'}${name.replace(/^(csrf_token)_.*/, '$1')}`
  })
}

/** What an answer holds: the part worth a look, or the code and sentence of a refusal. */
function described(status: number, body: unknown, show?: (body: unknown) => unknown): string {
  if (body === undefined) return ''
  const { code, detail } = body as { code?: unknown; detail?: unknown }
  if (status >= 400 && detail) return `${code}: ${detail}`
  return shortJson(status < 400 && show ? show(body) : body)
}

function shortCredential(headers: Record<string, string> = {}): string {
  const [, token] = /^Bearer (.*)$/.exec(headers['authorization'] ?? '') ?? []
  return token ? `Bearer ${shortToken(token)}` : ''
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
