import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { type Front, openFront } from '../../parts/nginx-front.ts'
import { sendRawBytes } from '../../parts/raw-http.ts'

const SECRET = 'a-code-nobody-may-read'
const PATH = '/authlance/identity/self-service/recovery'
const WITH_SECRETS = {
  method: 'POST',
  headers: {
    cookie: `ory_kratos_session=${SECRET}`,
    authorization: `Bearer ${SECRET}`,
    referer: `https://app.example.com/?code=${SECRET}`,
    'x-session-token': SECRET,
    'user-agent': SECRET,
  },
  body: `code=${SECRET}`,
}

/** All that nginx has written. */
const written = (front: Front) =>
  front.nginx.output() + readFileSync(join(front.nginx.dir, 'access.log'), 'utf8')

describe.skipIf(requirePart('nginx'))('the logs of the front', () => {
  it('have one line of JSON a request, with the path and the request id of the service', async () => {
    const front = await openFront()
    front.service.respond((_request, response) => void response.writeHead(201).end('{}'))
    const target = `${PATH}/a%22b%5Cc?code=${SECRET}`
    await front.send(target, {
      ...WITH_SECRETS,
      headers: { ...WITH_SECRETS.headers, 'x-request-id': 'mine' },
    })

    const line = await front.nginx.logged(() => true)
    expect(line).toMatchObject({
      log: 'nginx',
      requestId: 'mine',
      client: '127.0.0.1',
      method: 'POST',
      path: `${PATH}/a%22b%5Cc`,
      protocol: 'HTTP/1.1',
      status: 201,
      upstream: `127.0.0.1:${front.service.port}`,
      upstreamStatus: '201',
    })
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
    expect(line.seconds).toBeTypeOf('number')
    expect(front.service.last().headers['x-request-id']).toBe('mine')
    expect(written(front)).not.toContain(SECRET)
  })

  it('name the method and the path that were asked for where nginx answers', async () => {
    const front = await openFront()
    await front.send(`/nowhere?x=${SECRET}`, { method: 'DELETE' })
    expect(await front.nginx.logged(() => true)).toMatchObject({
      method: 'DELETE',
      path: '/nowhere',
      status: 404,
      upstreamStatus: '',
    })
  })

  it('leave out probes that went well', async () => {
    const front = await openFront()
    await front.send('/livez')
    front.service.respond((_request, response) => void response.writeHead(500).end())
    await front.send('/livez')
    await front.nginx.logged(({ status }) => status === 500)
    expect(front.nginx.accessLog()).toHaveLength(1)
  })

  it('are not made by a request line that would break out of the JSON', async () => {
    const front = await openFront()
    await sendRawBytes(
      front.nginx.port,
      Buffer.from('GET /a"b\\c\u00ff","x":"y HTTP/1.1\r\nHost: a\r\n\r\n', 'latin1'),
    )
    const line = await front.nginx.logged(() => true)
    expect(line.x).toBeUndefined()
  })

  it('still tell of nginx’s own processes', async () => {
    const front = await openFront()
    const worker = front.nginx.workers()[0]!
    process.kill(worker, 'SIGKILL')
    await expect.poll(() => front.nginx.output()).toContain(`worker process ${worker} exited on signal 9`)
    await expect.poll(() => front.nginx.workers().filter((pid) => pid !== worker)).toHaveLength(1)
    expect((await front.send(PATH)).status).toBe(200)
  })
})
