import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { type Front, openFront, startFront } from '../../parts/nginx-front.ts'
import { json } from '../../parts/stub-upstream.ts'

const MIB = 1024 * 1024
const WEBHOOK = '/authlance/payments/api/v1/stripe/webhook'
const PROFILE = '/authlance/identity/api/v1/profile/me'

describe.skipIf(requirePart('nginx'))('the bodies that pass the front', () => {
  let front: Front
  beforeAll(async () => {
    front = await startFront()
  })
  afterAll(() => front.close())

  const post = (target: string, bytes: number) =>
    front.send(target, {
      method: 'POST',
      body: Buffer.alloc(bytes, 'a'),
      headers: { 'content-type': 'text/x' },
    })

  it.each([
    [WEBHOOK, MIB],
    ['/authlance/identity/self-service/login', MIB],
    ['/authlance/payments/api/v1/checkout-session', MIB],
    [PROFILE, 6 * MIB],
    ['/authlance/identity/api/v1/admin/group/acme', 6 * MIB],
    ['/authlance/identity/api/v1/realm/group/acme', 6 * MIB],
  ])('%s takes %i bytes and no more', async (target, limit) => {
    const whole = await post(target, limit)
    expect(whole.status).toBe(200)
    expect(front.service.last().body).toHaveLength(limit)

    const before = front.service.arrived.length
    const tooLong = await post(target, limit + 1)
    expect([tooLong.status, tooLong.json().code]).toEqual([413, 'payload_too_large'])
    expect(tooLong.headers['content-type']).toBe('application/problem+json')
    expect(front.service.arrived).toHaveLength(before)
  })

  it('limits a body of unannounced length as well', async () => {
    const chunked = await fetch(`${front.nginx.url}${WEBHOOK}`, {
      method: 'POST',
      body: new Blob([Buffer.alloc(MIB + 1)]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
  })

  it('takes other limits from the environment', async () => {
    const wide = await openFront({ NGINX_MAX_BODY: '2m', NGINX_MAX_MULTIPART: '3m' })
    const status = async (target: string, bytes: number) =>
      (await wide.send(target, { method: 'POST', body: Buffer.alloc(bytes) })).status

    expect(await status(WEBHOOK, 2 * MIB)).toBe(200)
    expect(await status(WEBHOOK, 2 * MIB + 1)).toBe(413)
    expect(await status(PROFILE, 3 * MIB)).toBe(200)
    expect(await status(PROFILE, 3 * MIB + 1)).toBe(413)
  })

  it('keeps a slow upload from the service until it is whole', async () => {
    const begun = front.service.nextBegun().then(() => performance.now())
    let ended = 0
    async function* slowly() {
      yield Buffer.alloc(40_000, 'a')
      await new Promise((resolve) => setTimeout(resolve, 300))
      ended = performance.now()
      yield Buffer.alloc(40_000, 'b')
    }
    // Node's fetch takes what can be iterated.
    const body = slowly() as unknown as BodyInit
    await fetch(`${front.nginx.url}${PROFILE}`, { method: 'POST', body, duplex: 'half' } as RequestInit)

    expect(await begun).toBeGreaterThanOrEqual(ended)
    expect(front.service.last().headers['content-length']).toBe('80000')
  })
})

describe.skipIf(requirePart('nginx'))('compression', () => {
  let front: Front
  const long = { text: 'abc '.repeat(1000) }
  beforeAll(async () => {
    front = await startFront()
    front.service.respond((request, response) => {
      const type = request.headers['x-type'] as string
      response.writeHead(200, { 'content-type': type }).end(JSON.stringify(long))
    })
  })
  afterAll(() => front.close())

  const ask = (target: string, type = 'application/json') =>
    front.send(target, { headers: { 'accept-encoding': 'gzip', 'x-type': type } })

  it.each(['application/json', 'application/problem+json'])('is for %s of the API', async (type) => {
    const answer = await ask('/authlance/identity/api/v1/realm/group/acme/members', type)

    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.headers.vary).toContain('Accept-Encoding')
    expect(JSON.parse(gunzipSync(answer.body).toString())).toEqual(long)
    expect(answer.body.length).toBeLessThan(400)
  })

  it.each([
    '/authlance/payments/api/v1/product-details',
    '/authlance/openapi.json',
    '/authlance/identity/api/v1/subscriptions/tiers',
  ])('is for %s', async (target) => {
    expect((await ask(target)).headers['content-encoding']).toBe('gzip')
  })

  it.each([
    '/authlance/identity/me',
    '/authlance/identity/self-service/login/flows?id=1',
    '/authlance/identity/sessions/whoami',
    '/authlance/openid/oauth2/token',
    '/authlance/openid/admin/clients',
  ])('is not for %s, which carries tokens', async (target) => {
    const answer = await ask(target)
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(answer.json()).toEqual(long)
  })

  it('is not for images, nor for who does not ask for it', async () => {
    expect((await ask('/authlance/docs/logo', 'image/png')).headers['content-encoding']).toBeUndefined()
    const plain = await front.send('/authlance/openapi.json', { headers: { 'x-type': 'application/json' } })
    expect(plain.headers['content-encoding']).toBeUndefined()
  })
})

describe.skipIf(requirePart('nginx'))('streaming', () => {
  let front: Front
  beforeAll(async () => {
    front = await startFront()
  })
  afterAll(() => front.close())

  /** Reads one event while the answer is still being written. */
  async function firstEvent(headers: Record<string, string>, answerHeaders: Record<string, string>) {
    const read = Promise.withResolvers<void>()
    front.service.respond(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...answerHeaders })
      response.write('data: 1\n\n')
      await read.promise
      response.end('data: 2\n\n')
    })
    const response = await fetch(`${front.nginx.url}/authlance/identity/api/v1/admin/events?x=%2f`, {
      headers,
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader.read()
    read.resolve()
    const second = await reader.read()
    return [first.value, second.value]
  }

  it('passes server-sent events on as they come, with the address as it was sent', async () => {
    expect(await firstEvent({ accept: 'text/event-stream' }, {})).toEqual(['data: 1\n\n', 'data: 2\n\n'])
    expect(front.service.last().target).toBe('/authlance/identity/api/v1/admin/events?x=%2f')
  })

  it('honours X-Accel-Buffering: no', async () => {
    const events = await firstEvent({ accept: '*/*' }, { 'x-accel-buffering': 'no' })
    expect(events).toEqual(['data: 1\n\n', 'data: 2\n\n'])
  })

  it('breaks off at the service when the client is gone', async () => {
    const gone = Promise.withResolvers<void>()
    front.service.respond((_request, response) => {
      response.on('close', () => gone.resolve())
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    })
    const controller = new AbortController()
    await fetch(`${front.nginx.url}/authlance/identity/api/v1/admin/events`, {
      headers: { accept: 'text/event-stream' },
      signal: controller.signal,
    })
    controller.abort()
    await gone.promise
  })

  it('does not lift the limits of a POST', async () => {
    front.service.respond((_request, response) => json(response, 200, {}))
    const answer = await front.send('/authlance/identity/me', {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
      body: Buffer.alloc(MIB + 1),
    })
    expect(answer.status).toBe(413)
  })
})
