import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../parts/free-port.ts'
import { type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The worker of the one route, as the build writes it. */
const ENTRY = `
  import route from './functions/authlance/openid/[...path].ts'
  import { createRouteWorker } from './runtime/edge/route-worker.ts'
  export default createRouteWorker(route)
`

describe("Hydra's proxy on workerd", () => {
  let hydra: StubUpstream
  let miniflare: Miniflare
  let openid: string

  beforeAll(async () => {
    const stdin = { contents: ENTRY, resolveDir: ROOT, loader: 'ts' as const }
    const bundle = { bundle: true, format: 'esm', target: 'es2024', write: false } as const
    const { outputFiles } = await build({ stdin, ...bundle })
    hydra = await startStubUpstream(await freePort())
    const config = {
      jwtKey: 'a-key-of-tests-that-is-32-bytes-long',
      kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
      hydra: { url: hydra.url, adminUrl: 'http://127.0.0.1:4445' },
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
    openid = `${(await miniflare.ready).origin}/authlance/openid`
  })
  afterAll(async () => {
    await miniflare?.dispose()
    await hydra?.close()
  })

  it('passes redirects and several Set-Cookie untouched', async () => {
    const cookies = ['a=1; Path=/; HttpOnly', 'b=2; Path=/']
    const location = 'https://app.example.com/login?login_challenge=1'
    hydra.respond((_request, response) => {
      response.writeHead(302, { location, 'set-cookie': cookies }).end()
    })
    const answer = await fetch(`${openid}/oauth2/auth?client_id=a`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
      302,
      location,
      cookies,
    ])
  })

  it("relays a client's form with its credentials, and lets the keys be cached", async () => {
    hydra.respond((_request, response) => void response.end('{}'))
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'ory_rt_1' })
    const headers = { authorization: 'Basic YTpi', cookie: 'loopToken=e30.e30.x' }
    expect((await fetch(`${openid}/oauth2/token`, { method: 'POST', headers, body })).status).toBe(200)
    expect(hydra.last()).toMatchObject({ method: 'POST', target: '/oauth2/token', body: String(body) })
    expect([hydra.last().headers.authorization, hydra.last().headers.cookie]).toEqual([
      'Basic YTpi',
      undefined,
    ])

    const keys = await fetch(`${openid}/.well-known/jwks.json`)
    expect(keys.headers.get('cache-control')).toMatch(/^public, max-age=60\b/)
  })

  it.each(['admin/clients', '%61dmin/keys', 'oauth2/..%2fadmin%2fkeys'])(
    '%s is out of reach',
    async (path) => {
      const before = hydra.arrived.length
      expect((await fetch(`${openid}/${path}`)).status).toBe(404)
      expect(hydra.arrived).toHaveLength(before)
    },
  )
})
