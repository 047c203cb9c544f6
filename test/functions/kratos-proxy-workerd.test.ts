import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../parts/free-port.ts'
import { json, type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The worker of the one route, as the build writes it. */
const ENTRY = `
  import route from './functions/authlance/identity/[...path].ts'
  import { createRouteWorker } from './runtime/edge/route-worker.ts'
  export default createRouteWorker(route)
`

describe('the proxy on workerd', () => {
  let kratos: StubUpstream
  let miniflare: Miniflare
  let identity: string

  beforeAll(async () => {
    const stdin = { contents: ENTRY, resolveDir: ROOT, loader: 'ts' as const }
    const { outputFiles } = await build({
      stdin,
      bundle: true,
      format: 'esm',
      target: 'es2024',
      write: false,
    })
    kratos = await startStubUpstream(await freePort())
    const config = {
      jwtKey: 'a-key-of-tests-that-is-32-bytes-long',
      kratos: { url: kratos.url, adminUrl: 'http://127.0.0.1:4434', proxyTimeoutMs: 1000 },
      database: { planetscale: { url: 'http://user:password@127.0.0.1:9' } },
      log: { level: 'silent' },
    }
    miniflare = new Miniflare({
      modules: true,
      script: outputFiles[0]!.text,
      compatibilityDate: '2026-07-01',
      bindings: { CONFIG: JSON.stringify(config) },
      host: '127.0.0.1',
      port: 0,
    })
    identity = `${(await miniflare.ready).origin}/authlance/identity`
  })
  afterEach(() => kratos.respond((_request, response) => json(response, 200, {})))
  afterAll(async () => {
    await miniflare?.dispose()
    await kratos?.close()
  })

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${identity}/${path}`, { redirect: 'manual', ...init })

  it('passes redirects and several Set-Cookie untouched', async () => {
    const cookies = ['a=1; Path=/; HttpOnly', 'b=2; Path=/']
    kratos.respond((_request, response) => {
      response.writeHead(303, { location: 'https://app.example.com/login?flow=1', 'set-cookie': cookies })
      response.end('see other')
    })
    const answer = await call('self-service/login/browser?x=%2F', {
      headers: { cookie: 'loopToken=a.b.c; k=1', 'x-forwarded-for': '203.0.113.9' },
    })
    expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
      303,
      'https://app.example.com/login?flow=1',
      cookies,
    ])
    expect(await answer.text()).toBe('see other')
    expect(kratos.last()).toMatchObject({
      target: '/self-service/login/browser?x=%2F',
      headers: { cookie: 'k=1', 'accept-encoding': 'identity', 'x-forwarded-for': '127.0.0.1' },
    })
  })

  it.each(['POST', 'DELETE'])('carries the body of a %s, or none', async (method) => {
    const headers = { 'content-type': 'application/json' }
    await call('self-service/logout/api', { method, headers, body: '{"session_token":1}' })
    expect(kratos.last()).toMatchObject({
      method,
      body: '{"session_token":1}',
      headers: { 'content-length': '19' },
    })
    await call('self-service/login', { method })
    expect(kratos.last()).toMatchObject({ method, body: '' })
  })

  it('keeps tricks and redirects away from the admin API', async () => {
    kratos.respond((_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:4434/admin/x' }).end()
    })
    for (const path of ['recovery/code', 'sessions/%2e%2e%2fadmin', 'admin/identities', 'a//b', 'a%5cb']) {
      const answer = await call(path)
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        path,
        404,
        'not_found',
      ])
    }
  })

  it('removes the loopToken when whoami answers 401', async () => {
    kratos.respond((_request, response) => json(response, 401, {}))
    const answer = await call('sessions/whoami', { headers: { cookie: 'loopToken=a.b.c' } })
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([
      401,
      expect.stringMatching(/^loopToken=; Max-Age=0/),
    ])
  })

  it('ends at the time limit with 503', async () => {
    kratos.respond(() => {})
    const answer = await call('schemas')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  })

  it('tries a GET again while Kratos refuses connections, and no POST', async () => {
    const { port } = kratos
    await kratos.close()
    expect((await call('self-service/login', { method: 'POST', body: 'a=1' })).status).toBe(503)
    const answer = call('sessions/whoami')
    await new Promise((resolve) => setTimeout(resolve, 300))
    kratos = await startStubUpstream(port)
    expect((await answer).status).toBe(200)
    expect(kratos.arrived.map(({ method }) => method)).toEqual(['GET'])
  })
})
