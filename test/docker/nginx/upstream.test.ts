import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ERRORS } from '../../../lib/http/errors.ts'
import { requirePart } from '../../parts/available.ts'
import { startNginx } from '../../parts/nginx.ts'
import { openFront } from '../../parts/nginx-front.ts'
import { send } from '../../parts/send.ts'
import { startStubUpstream } from '../../parts/stub-upstream.ts'

const PATH = '/authlance/identity/me'

describe.skipIf(requirePart('nginx'))('the front before its service', () => {
  it('answers 503 in our form with Retry-After while the service is away, and passes again once it is back', async () => {
    const front = await openFront()
    await front.service.close()
    const away = await front.send(PATH)

    expect([away.status, away.headers['retry-after']]).toEqual([503, '2'])
    expect(away.headers['content-type']).toBe('application/problem+json')
    expect(away.json()).toMatchObject({
      code: 'upstream_unavailable',
      title: ERRORS.upstream_unavailable[1],
      status: 503,
    })
    const back = await startStubUpstream(front.service.port)
    onTestFinished(back.close)
    expect((await front.send(PATH)).status).toBe(200)
  })

  it('leaves errors of the service as they are', async () => {
    const front = await openFront()
    for (const status of [400, 401, 404, 413, 429, 500, 502, 503, 504]) {
      front.service.respond((_request, response) => void response.writeHead(status).end('mine'))
      const answer = await front.send(PATH)
      expect([answer.status, answer.text]).toEqual([status, 'mine'])
    }
  })

  it('lets no upstream choose another location in the place of its answer', async () => {
    const front = await openFront()
    front.service.respond((_request, response) => {
      response.writeHead(200, { 'x-accel-redirect': '/livez', 'content-type': 'text/plain' }).end('mine')
    })
    const answer = await front.send(PATH)
    expect([answer.status, answer.text]).toEqual([200, 'mine'])
    expect(front.service.arrived).toHaveLength(1)
  })

  it('never sends a POST twice, and a GET at most on fresh connections', async () => {
    const front = await openFront()
    let connections = 0
    front.service.respond((_request, response) => {
      connections++
      response.socket!.destroy()
    })
    expect((await front.send(PATH, { method: 'POST', body: '{}' })).status).toBe(503)
    expect(connections).toBe(1)
    expect((await front.send(PATH, { method: 'PATCH', body: '{}' })).status).toBe(503)
    expect(connections).toBe(2)
    expect((await front.send(PATH)).status).toBe(503)
    expect(connections).toBeLessThanOrEqual(4)
  })

  it('keeps connections to the service open', async () => {
    const front = await openFront()
    const ports = new Set<number>()
    front.service.respond((_request, response) => {
      ports.add(response.socket!.remotePort!)
      response.end('ok')
    })
    for (let i = 0; i < 20; i++) await front.send(PATH)
    expect(ports.size).toBe(1)
  })

  it('goes to another replica when one does not listen, with POSTs as well', async () => {
    const [one, two] = [await startStubUpstream(), await startStubUpstream()]
    const nginx = await startNginx({ apiUrl: [one.url, two.url] })
    onTestFinished(async () => {
      await nginx.stop()
      await two.close()
    })
    const statuses = async () => {
      const all = Array.from({ length: 20 }, () => send(nginx.url, PATH, { method: 'POST', body: '{}' }))
      return new Set((await Promise.all(all)).map(({ status }) => status))
    }
    expect(await statuses()).toEqual(new Set([200]))
    expect([one.arrived.length, two.arrived.length]).toEqual([10, 10])

    await one.close()
    expect(await statuses()).toEqual(new Set([200]))
  })

  it('finishes what is under way when it is stopped gracefully', async () => {
    const front = await openFront()
    front.service.respond(async (_request, response) => {
      await sleep(400)
      response.end('whole')
    })
    const begun = front.service.nextBegun()
    const answer = front.send(PATH, { method: 'POST', body: 'x' })
    await begun
    process.kill(front.nginx.pid, 'SIGQUIT')

    expect((await answer).text).toBe('whole')
  })
})
