import { createNormaliser, normaliseCookie } from './normalise.ts'
import type { Target } from './target.ts'

/** One request and its answer, as a recording keeps it. */
export interface Exchange {
  request: string
  status: number
  headers: Record<string, string>
  cookies: string[]
  body: unknown
}

export interface SendOptions {
  json?: unknown
  form?: Record<string, string>
  /** A body of any kind. */
  raw?: { body: string; type: string }
  /** Default `application/json`. */
  accept?: string
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  location: string
  // biome-ignore lint/suspicious/noExplicitAny: stories read the answers' JSON freely
  body: any
}

const keptHeaders = [
  'content-type',
  'cache-control',
  'location',
  'vary',
  'link',
  'x-total-count',
  'x-content-type-options',
  'x-kratos-authenticated-identity-id',
]

export type Send = (method: string, path: string, options?: SendOptions) => Promise<Answer>

/** Someone who talks to Kratos: with a cookie jar of their own, or on the admin side. */
export interface Person {
  send: Send
  /** The names of the cookies held. */
  cookieNames(): string[]
  cookie(name: string): string | undefined
  setCookie(name: string, value: string): void
}

/** Drives a target and keeps every exchange in comparable form. */
export function createRecorder(target: Target) {
  const exchanges: Exchange[] = []
  const normaliser = createNormaliser([
    [target.publicUrl, '<public>'],
    [target.adminUrl, '<admin>'],
  ])

  async function exchange(
    request: Request,
    fetch: (request: Request) => Promise<Response>,
  ): Promise<[Response, Answer]> {
    const url = new URL(request.url)
    const response = await fetch(request)
    const raw = await response.text()
    const body = parse(raw)
    const headers: Record<string, string> = {}
    for (const name of keptHeaders) {
      const value = response.headers.get(name)
      if (value !== null) headers[name] = normaliser.text(value)
    }
    exchanges.push({
      request: normaliser.text(`${request.method} ${url.pathname}${url.search}`),
      status: response.status,
      headers,
      cookies: response.headers.getSetCookie().map(normaliseCookie),
      body: normaliser.json(body),
    })
    return [response, { status: response.status, location: response.headers.get('location') ?? '', body }]
  }

  function person(): Person {
    const jar = new Map<string, string>()
    return {
      cookieNames: () => [...jar.keys()],
      cookie: (name) => jar.get(name),
      setCookie: (name, value) => void jar.set(name, value),
      async send(method, path, options = {}) {
        const request = build(target.publicUrl, method, path, options)
        if (jar.size > 0) request.headers.set('cookie', [...jar].map(([k, v]) => `${k}=${v}`).join('; '))
        const [response, answer] = await exchange(request, target.publicFetch)
        for (const line of response.headers.getSetCookie()) keep(jar, line)
        return answer
      },
    }
  }

  const admin: Send = async (method, path, options = {}) =>
    (await exchange(build(target.adminUrl, method, path, options), target.adminFetch))[1]

  return { exchanges, person, admin }
}

function build(origin: string, method: string, path: string, options: SendOptions): Request {
  const headers = new Headers({ accept: options.accept ?? 'application/json', 'user-agent': 'story' })
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
  const url = path.startsWith('http') ? relocate(origin, path) : `${origin}${path}`
  if (options.raw) {
    headers.set('content-type', options.raw.type)
    return new Request(url, { method, headers, body: options.raw.body, redirect: 'manual' })
  }
  if (options.form) {
    headers.set('content-type', 'application/x-www-form-urlencoded')
    return new Request(url, {
      method,
      headers,
      body: new URLSearchParams(options.form).toString(),
      redirect: 'manual',
    })
  }
  if (options.json === undefined) return new Request(url, { method, headers, redirect: 'manual' })

  headers.set('content-type', 'application/json')
  return new Request(url, { method, headers, body: JSON.stringify(options.json), redirect: 'manual' })
}

/** An absolute URL from an answer (`ui.action`, `logout_url`), led to the target as a proxy would. */
function relocate(origin: string, url: string): string {
  const { pathname, search } = new URL(url)
  return `${origin}${pathname.replace('/authlance/identity', '')}${search}`
}

function keep(jar: Map<string, string>, line: string) {
  const [pair = '', ...attributes] = line.split('; ')
  const split = pair.indexOf('=')
  const name = pair.slice(0, split)
  const gone = attributes.some((attribute) => attribute === 'Max-Age=0' || attribute.startsWith('Max-Age=-'))
  if (gone) jar.delete(name)
  else jar.set(name, pair.slice(split + 1))
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}
