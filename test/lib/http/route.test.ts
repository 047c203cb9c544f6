import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ApiError } from '../../../lib/http/errors.ts'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import { call, ORIGIN } from '../../parts/call.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

let ran: string[] = []

const thing = route('/things/{name}/parts/{part}', {
  GET: operation({
    summary: 'Read',
    access: 'public',
    params: z.object({ name: z.string(), part: z.coerce.number().int() }),
    query: z.object({ tag: z.union([z.string(), z.array(z.string())]).optional() }),
    responses: { 200: z.object({ name: z.string(), part: z.number(), tag: z.unknown() }) },
    handle({ params, query }) {
      ran.push('GET')
      return { ...params, tag: query.tag }
    },
  }),
  POST: operation({
    summary: 'Write',
    access: 'public',
    body: {
      json: z.object({ text: z.string() }),
      form: z.object({ text: z.string() }),
      multipart: z.object({ text: z.string(), file: z.file().optional() }),
    },
    responses: { 201: z.object({ text: z.string(), file: z.string().optional() }) },
    handle: ({ body }) => ({ text: body.text, file: 'file' in body ? (body.file as File).name : undefined }),
  }),
  DELETE: operation({
    summary: 'Remove',
    access: 'public',
    responses: { 204: null },
    handle: () => undefined,
  }),
})

const failing = route('/failing/{how}', {
  GET: operation({
    summary: 'Fail',
    access: 'public',
    params: z.object({ how: z.string() }),
    responses: { 200: z.object({}) },
    handle({ params }) {
      if (params.how === 'known')
        throw new ApiError('conflict', { detail: 'Taken.', headers: { 'x-why': 'test' } })
      throw new Error('a secret detail: hunter2')
    },
  }),
})

let test: TestEnv
beforeAll(async () => {
  test = await createTestEnv({ config: { allowedOrigins: ['https://app.example.com'] } })
})
afterAll(() => test.close())

const at = (path: string, init: Parameters<typeof call>[3] = {}) => call(test, thing, path, init)

describe('a route', () => {
  it('gives parsed path and query values, repeated ones as an array', async () => {
    const answer = await at('/things/a%2Fb%20c/parts/7?tag=x&tag=y')
    expect([answer.status, answer.body]).toEqual([200, { name: 'a/b c', part: 7, tag: ['x', 'y'] }])
    expect((await at('/things/a/parts/7?tag=two+words')).body.tag).toBe('two words')
  })

  it.each(['/things/a/parts/seven', '/things/a/parts/1.5', '/things/%ff/parts/1', '/things/%/parts/1'])(
    'answers %s with 400 and never with the value',
    async (path) => {
      const answer = await at(path)
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
      expect(answer.body.detail).not.toContain('seven')
    },
  )

  it.each(['/things/a/parts/', '/things//parts/1', '/things/a/parts/1/', '/other'])(
    'does not answer for %s',
    async (path) => {
      expect((await at(path)).status).toBe(404)
    },
  )

  it('takes JSON, form and multipart bodies by content type', async () => {
    const form = new FormData()
    form.set('text', 'hi')
    form.set('file', new File(['x'], 'x.txt'))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await at('/things/a/parts/1', { json: { text: 'hi' } })).body).toEqual({ text: 'hi' })
    expect((await at('/things/a/parts/1', { method: 'POST', body: 'text=hi', headers })).body).toEqual({
      text: 'hi',
    })
    expect((await at('/things/a/parts/1', { method: 'POST', body: form })).body).toEqual({
      text: 'hi',
      file: 'x.txt',
    })
  })

  it('names the field that a body gets wrong', async () => {
    const answer = await at('/things/a/parts/1', { json: { text: 7 } })
    expect(answer.body).toMatchObject({ status: 400, issues: [{ path: 'body.text' }] })
    expect(answer.body.detail).toMatch(/^body\.text: /)
  })

  it('takes an empty multipart body as a form without parts', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    for (const body of ['', '--b--\r\n']) {
      const answer = await at('/things/a/parts/1', { method: 'POST', body, headers })
      expect([answer.status, answer.body.issues[0].path]).toEqual([400, 'body.text'])
    }
  })

  it('refuses a multipart body over its limit while it streams, without a declared length', async () => {
    const chunk = new Uint8Array(1024 * 1024)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 50) controller.enqueue(chunk)
        else controller.close()
      },
    })
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const answer = await at('/things/a/parts/1', {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    } as RequestInit)
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
    expect(sent).toBeLessThan(12)
  })
})

describe('methods', () => {
  it('HEAD answers as GET does, without a body', async () => {
    ran = []
    const answer = await at('/things/a/parts/1', { method: 'HEAD' })
    expect([answer.status, answer.body, ran]).toEqual([200, '', ['GET']])
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  it('an unknown or unsupported one is 405 with Allow', async () => {
    for (const method of ['PUT', 'PATCH', 'PROPFIND']) {
      const answer = await at('/things/a/parts/1', { method })
      expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
      expect(answer.headers.get('allow')).toBe('GET, POST, DELETE, HEAD, OPTIONS')
    }
  })

  it('OPTIONS tells what is allowed', async () => {
    const answer = await at('/things/a/parts/1', { method: 'OPTIONS' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, POST, DELETE, HEAD, OPTIONS'])
  })

  it('an answer without content is 204 and empty', async () => {
    const answer = await at('/things/a/parts/1', { method: 'DELETE' })
    expect([answer.status, answer.body]).toEqual([204, ''])
  })
})

describe('CORS', () => {
  const preflight = (origin: string) =>
    at('/things/a/parts/1', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })

  it.each(['https://app.example.com', ORIGIN])(
    'echoes the allowed origin %s with credentials',
    async (origin) => {
      const allowed = await preflight(origin)
      expect(allowed.status).toBe(204)
      expect(Object.fromEntries(allowed.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringContaining('POST'),
        'access-control-allow-headers': expect.stringMatching(/Authorization.*Content-Type/),
      })
      const answer = await at('/things/a/parts/1', { headers: { origin } })
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-expose-headers')).toContain('Link')
      expect(answer.headers.get('vary')).toContain('Origin')
    },
  )

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'null', 'http://app.example.com'])(
    'tells %s nothing',
    async (origin) => {
      const refused = await preflight(origin)
      expect([refused.status, refused.body.code]).toEqual([403, 'origin_not_allowed'])
      for (const answer of [refused, await at('/things/a/parts/1', { headers: { origin } })]) {
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      }
    },
  )
})

describe('errors', () => {
  it('are problem documents with a stable code, the request id, and the sentence twice', async () => {
    const answer = await call(test, failing, '/failing/known', { headers: { 'x-request-id': 'abc-1' } })
    expect(answer.body).toEqual({
      type: 'urn:authlance:error:conflict',
      title: expect.any(String),
      status: 409,
      detail: 'Taken.',
      code: 'conflict',
      requestId: 'abc-1',
      error: 'Taken.',
    })
    expect(answer.headers.get('x-why')).toBe('test')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('that nobody foresaw give a fixed sentence and are logged whole under the request id', async () => {
    const answer = await call(test, failing, '/failing/unknown', { headers: { 'x-request-id': 'abc-2' } })
    expect([answer.status, answer.body.code]).toEqual([500, 'internal_error'])
    expect(JSON.stringify(answer.body)).not.toContain('hunter2')
    const logged = JSON.stringify(test.log.lines)
    expect(logged).toContain('abc-2')
    expect(test.log.lines.some(({ fields }) => String(fields.err).includes('hunter2'))).toBe(true)
  })
})

describe('every answer', () => {
  it('carries the security headers and a request id, given or made', async () => {
    const given = await at('/things/a/parts/1', { headers: { 'x-request-id': 'mine' } })
    expect(given.headers.get('x-request-id')).toBe('mine')
    const made = await at('/things/a/parts/1', { headers: { 'x-request-id': 'not valid!' } })
    expect(made.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(Object.fromEntries(made.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
  })

  it('leaves one log line with route, path and status, and no query', async () => {
    test.log.lines.length = 0
    await at('/things/a/parts/1?tag=confidential')
    const lines = JSON.stringify(test.log.lines)
    expect(test.log.lines).toHaveLength(1)
    expect(lines).toContain('/things/{name}/parts/{part}')
    expect(lines).not.toContain('confidential')
  })
})
