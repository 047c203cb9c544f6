import type { Route } from '../../lib/http/route.ts'
import type { TestEnv } from './test-env.ts'

export const ORIGIN = 'http://127.0.0.1:8000'

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  body: any
}

/** Calls one route as a host does. A `json` member becomes the body with its content type. */
export async function call(
  { env, ctx }: Pick<TestEnv, 'env' | 'ctx'>,
  route: Route,
  path: string,
  { json, ...init }: RequestInit & { json?: unknown } = {},
): Promise<Answer> {
  const headers = new Headers(init.headers)
  if (json !== undefined) headers.set('content-type', 'application/json')
  const request = new Request(new URL(path, ORIGIN), {
    ...init,
    headers,
    ...(json !== undefined && { method: init.method ?? 'POST', body: JSON.stringify(json) }),
  })
  const response = await route.fetch(request, env, ctx)
  const text = await response.text()
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** The value of a cookie that an answer sets; undefined when it sets none of that name. */
export function setCookie(answer: Pick<Answer, 'headers'>, name = 'loopToken'): string | undefined {
  return answer.headers.getSetCookie().find((line) => line.startsWith(`${name}=`))
}
