import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { json } from '../parts/stub-upstream.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const TIMEOUT_MS = 300

let kratos: WhoamiStub
let server: LocalServer
beforeEach(async () => {
  kratos = await startWhoamiStub()
  server = await startLocalServer({
    database: { file: ':memory:' },
    kratos: { url: kratos.url, adminUrl: kratos.url, timeoutMs: TIMEOUT_MS },
  })
})
afterEach(async () => {
  await server.stop()
  await kratos.close()
})

async function exchange(token: string, sid = `sid-${token}`) {
  const response = await fetch(`${server.url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': token },
    body: JSON.stringify({ session: sid }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

describe('a whoami in trouble', () => {
  it('is tried once more when the connection breaks', async () => {
    kratos.respondWhoami((request, response) => {
      if (kratos.whoamis() === 1) response.socket!.destroy()
      else return vouch(request, response)
    })
    expect((await exchange('a')).status).toBe(200)
    expect(kratos.whoamis()).toBe(2)
  })

  it('is not tried a third time, and is 503', async () => {
    kratos.respondWhoami((_request, response) => void response.socket!.destroy())
    const { status, headers, body } = await exchange('a')
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'upstream_unavailable', '2'])
    expect(kratos.whoamis()).toBe(2)
  })

  it('is 503 when nothing listens', async () => {
    await kratos.close()
    expect((await exchange('a')).body.code).toBe('upstream_unavailable')
    kratos = await startWhoamiStub()
  })

  it.each([
    ['the headers', () => {}],
    [
      'the body',
      (_: unknown, response: Parameters<typeof vouch>[1]) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'),
    ],
  ])('is given up after the time limit when %s do not come, without another try', async (_, respond) => {
    kratos.respondWhoami(respond)
    const startedAt = performance.now()
    const { status, body } = await exchange('a')
    expect([status, body.code]).toEqual([503, 'upstream_unavailable'])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(TIMEOUT_MS - 20)
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 1500)
    expect(kratos.whoamis()).toBe(1)
  })

  it.each([
    [429, { 'retry-after': '7' }, '7'],
    [500, {}, '2'],
    [502, { 'retry-after': 'Tue, 24 Nov 2026 12:00:00 GMT' }, '2'],
    [503, { 'retry-after': '99999999' }, '3600'],
  ])('is 503 after %d, with a Retry-After of its own', async (upstream, headers, retryAfter) => {
    kratos.respondWhoami((_, response) => void response.writeHead(upstream, headers).end('down'))
    const answer = await exchange('a')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, retryAfter])
    expect(kratos.whoamis()).toBe(1)
  })

  it.each([
    ['HTML', (_: unknown, response: Parameters<typeof vouch>[1]) => void response.end('<html>proxy</html>')],
    [
      'JSON of another kind',
      (_: unknown, response: Parameters<typeof vouch>[1]) => json(response, 200, { ok: true }),
    ],
    [
      'a redirect',
      (_: unknown, response: Parameters<typeof vouch>[1]) =>
        void response.writeHead(302, { location: '/sessions/whoami' }).end(),
    ],
  ])('is 503 when the answer is %s', async (_, respond) => {
    kratos.respondWhoami(respond)
    expect(await exchange('a')).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } })
    expect(kratos.whoamis()).toBe(1)
  })
})

describe('concurrent exchanges', () => {
  /** Answers nothing until released, so that all exchanges meet. */
  function hold(): () => void {
    const release = Promise.withResolvers<void>()
    kratos.respondWhoami(async (request, response) => {
      await release.promise
      return vouch(request, response)
    })
    return release.resolve
  }

  it('that are identical share one whoami', async () => {
    const release = hold()
    const answers = Array.from({ length: 20 }, () => exchange('a'))
    setTimeout(release, 200)
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(kratos.whoamis()).toBe(1)
  })

  it('with different credentials never do, and each gets its own identity', async () => {
    const release = hold()
    const names = Array.from({ length: 8 }, (_, index) => `user${index}`)
    const answers = names.map((name) => exchange(name))
    setTimeout(release, 200)
    const identities = (await Promise.all(answers)).map(
      ({ body }) => JSON.parse(atob(body.token.split('.')[1])).sub,
    )
    expect(identities).toEqual(names.map((name) => `identity-${name}`))
    expect(kratos.whoamis()).toBe(8)
  })

  it('that share one are each held to the id that they name', async () => {
    const release = hold()
    const answers = [exchange('a'), exchange('a', 'sid-of-another'), exchange('a'), exchange('a', 'sid-b')]
    setTimeout(release, 200)
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 401, 200, 401])
    expect(kratos.whoamis()).toBe(1)
  })

  it('do not share with those that come after the answer', async () => {
    await exchange('a')
    kratos.respondWhoami((_, response) => json(response, 401, {}))
    expect((await exchange('a')).body.code).toBe('session_invalid')
    expect(kratos.whoamis()).toBe(2)
  })
})
