import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '../../../lib/http/errors.ts'
import { requirePart } from '../../parts/available.ts'
import { type Front, startFront } from '../../parts/nginx-front.ts'

describe.skipIf(requirePart('nginx'))('the paths of the front', () => {
  let front: Front
  beforeAll(async () => {
    front = await startFront()
  })
  afterAll(() => front.close())

  it.each([
    '/authlance/identity/me',
    '/authlance/identity/self-service/login/browser?return_to=%2Fa%2Bb&x=%E2%82%AC+y',
    '/authlance/identity/api/v1/profile/my-group/a%20b/%2e%2ex/available',
    '/authlance/identity/api/v1/profile/my-group/acme//available',
    '/authlance/identity/api/v1/realm/group/%C3%A4%25/members?filter=%22',
    '/authlance/payments/api/v1/session-id',
    '/authlance/openid/.well-known/openid-configuration',
    '/authlance/',
    "/authlance/a'b(c)!*;d=e,f@g:h$i&j",
    '/livez',
  ])('passes %s on as it was sent', async (target) => {
    expect((await front.send(target)).status).toBe(200)
    expect(front.service.last().target).toBe(target)
  })

  it.each([
    '/',
    '/authlance',
    '/authlancex/identity/me',
    '/metrics',
    '/healthz',
    '/readyz',
    '/livez/',
    '/authlance/../metrics',
    '/authlance/%2e%2e/metrics',
    '/authlance/.%2E/metrics',
    '/authlance/..%2fmetrics',
    '/authlance/identity/../../metrics',
    '/authlance/identity/self-service//../login',
    '/authlance/./identity/me',
    '/authlance/identity/..',
    '/authlance/identity/..?x',
    '/authlance\\..\\metrics',
    '/authlance/..\\metrics',
    '/authlance/identity\\self-service\\login',
    '//authlance/identity/me',
    '/%61uthlance%2fidentity%2f../../metrics',
    '/.problem',
    '/.problem/../metrics',
    '/authlance/identity/me%2f..%2fx',
  ])('answers %s with the service’s 404 and does not ask it', async (target) => {
    const before = front.service.arrived.length
    const answer = await front.send(target, { headers: { 'x-request-id': 'an-id.of_mine' } })

    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.headers['x-request-id']).toBe('an-id.of_mine')
    const [status, title] = ERRORS.not_found
    expect(answer.json()).toEqual({
      type: 'urn:authlance:error:not_found',
      title,
      status,
      detail: title,
      code: 'not_found',
      requestId: 'an-id.of_mine',
      error: title,
    })
    expect(front.service.arrived).toHaveLength(before)
  })

  it('redirects nowhere by itself', async () => {
    for (const target of ['/authlance', '/authlance/identity', '/authlance/openid']) {
      expect((await front.send(target)).headers.location).toBeUndefined()
    }
  })

  it('leaves Location and Set-Cookie of the service as they are', async () => {
    const location = 'http://127.0.0.1:8000/authlance/identity/x?login_challenge=a%2Bb'
    const cookies = ['a=1; Path=/; Domain=.example.com; SameSite=Lax; HttpOnly', 'b=2; Path=/authlance']
    front.service.respond((_request, response) => {
      response.writeHead(303, { location, 'set-cookie': cookies }).end()
    })
    const answer = await front.send('/authlance/openid/oauth2/auth')

    expect([answer.status, answer.headers.location]).toEqual([303, location])
    expect(answer.headers['set-cookie']).toEqual(cookies)
  })

  it.each([['TRACE', 405, 'method_not_allowed']])('answers %s with %i', async (method, status, code) => {
    const answer = await front.send('/authlance/identity/me', { method })
    expect([answer.status, answer.json().code]).toEqual([status, code])
  })
})
