import { describe, expect, it } from 'vitest'
import { corsOrigin, requireOwnOrigin } from '../../../lib/http/origin.ts'
import { testConfig } from '../events/outbox-fixture.ts'

const SECURE = testConfig()
const DEBUG = testConfig({ debug: true })

/** A changing call whose credential is a cookie. */
function post(url: string, headers: Record<string, string>): Request {
  return new Request(`${url}/authlance/identity/me`, { method: 'POST', headers })
}

/** What both checks say: CSRF, then CORS. */
function judge(url: string, origin: string, config = SECURE, headers: Record<string, string> = {}) {
  const request = post(url, { ...headers, origin })
  try {
    requireOwnOrigin(request, config)
    return [true, corsOrigin(request, config) === origin]
  } catch (error) {
    expect(error).toMatchObject({ code: 'origin_not_allowed' })
    return [false, corsOrigin(request, config) === origin]
  }
}

describe('with a Secure cookie', () => {
  it.each([
    ['https behind TLS termination', 'http://auth.example.com', 'https://auth.example.com'],
    ['https all the way', 'https://auth.example.com', 'https://auth.example.com'],
    ['a port of its own', 'http://auth.example.com:8443', 'https://auth.example.com:8443'],
    ['a Host that spells out the port of https', 'http://auth.example.com:443', 'https://auth.example.com'],
    ['localhost', 'http://localhost:8000', 'http://localhost:8000'],
    ['localhost on the usual port', 'http://localhost', 'http://localhost'],
    ['a name below localhost', 'http://auth.localhost:8000', 'http://auth.localhost:8000'],
    ['127.0.0.1', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['[::1]', 'http://[::1]:8000', 'http://[::1]:8000'],
    ['localhost over https', 'http://localhost:8443', 'https://localhost:8443'],
  ])('%s is our own origin', (_name, url, origin) => {
    expect(judge(url, origin)).toEqual([true, true])
  })

  it.each([
    ['plain http, which anybody on the way can write', 'http://auth.example.com', 'http://auth.example.com'],
    ['plain http while we are called over https', 'https://auth.example.com', 'http://auth.example.com'],
    ['plain http on a port of its own', 'http://auth.example.com:8000', 'http://auth.example.com:8000'],
    ['another port', 'http://auth.example.com', 'https://auth.example.com:8443'],
    ['another port of localhost', 'http://localhost:8000', 'http://localhost:3000'],
    ['a name that only ends alike', 'http://notlocalhost:8000', 'http://notlocalhost:8000'],
    ['a name that only begins alike', 'http://localhost.evil.example', 'http://localhost.evil.example'],
    ['a path', 'http://auth.example.com', 'https://auth.example.com/'],
    ['nothing that is an origin', 'http://auth.example.com', 'auth.example.com'],
    ['another host', 'http://auth.example.com', 'https://evil.example'],
  ])('%s is not, even when the browser calls it the same', (_name, url, origin) => {
    expect(judge(url, origin)).toEqual([false, false])
    expect(judge(url, origin, SECURE, { 'sec-fetch-site': 'same-origin' })).toEqual([false, false])
  })
})

describe('with a cookie that plain http carries too', () => {
  it.each(['http://192.168.1.5:8000', 'https://192.168.1.5:8000'])(
    '%s is our own origin in both schemes',
    (url) => {
      expect(judge(url, 'http://192.168.1.5:8000', DEBUG)).toEqual([true, true])
      expect(judge(url, 'https://192.168.1.5:8000', DEBUG)).toEqual([true, true])
      expect(judge(url, 'https://192.168.1.6:8000', DEBUG)).toEqual([false, false])
    },
  )
})

describe('without an origin', () => {
  const url = 'http://auth.example.com'
  it('a browser that vouches for the same one is believed', () => {
    requireOwnOrigin(post(url, { 'sec-fetch-site': 'same-origin' }), SECURE)
  })

  it.each(['same-site', 'cross-site', 'none', ''])('Sec-Fetch-Site %j is refused', (site) => {
    expect(() => requireOwnOrigin(post(url, { 'sec-fetch-site': site }), SECURE)).toThrow()
  })
})
