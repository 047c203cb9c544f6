import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
const TARGET = `${PATH}?flow=${SECRET}&code=${SECRET}#${SECRET}`

/** All that nginx has written. */
const written = (front: Front) =>
  front.nginx.output() + readFileSync(join(front.nginx.dir, 'access.log'), 'utf8')

describe.skipIf(requirePart('nginx'))('the logs of the front', () => {
  /* Each of these has nginx write a message with the request line at its usual level. */
  const TROUBLES: [string, Record<string, string>, (front: Front) => Promise<unknown>][] = [
    [
      'the service is away',
      {},
      async (front) => {
        await front.service.close()
        await front.send(TARGET, WITH_SECRETS)
      },
    ],
    [
      'the service breaks off',
      {},
      async (front) => {
        front.service.respond((_request, response) => void response.socket!.destroy())
        await front.send(TARGET, WITH_SECRETS)
      },
    ],
    [
      'the service breaks off in the middle',
      {},
      async (front) => {
        front.service.respond((_request, response) => {
          response.writeHead(200, { 'content-length': 10_000 }).write('x'.repeat(5000))
          setTimeout(() => response.socket!.destroy(), 50)
        })
        await front.send(TARGET, WITH_SECRETS).catch(() => undefined)
      },
    ],
    [
      'the service answers headers that are too large',
      {},
      async (front) => {
        front.service.respond((_request, response) => {
          response.writeHead(200, { location: 'x'.repeat(40_000) }).end()
        })
        await front.send(TARGET, WITH_SECRETS)
      },
    ],
    [
      'the body is too large',
      { NGINX_MAX_BODY: '1k' },
      (front) => front.send(TARGET, { ...WITH_SECRETS, body: 'x'.repeat(2000) }),
    ],
    [
      'a body goes to a file',
      {},
      (front) => front.send(TARGET, { ...WITH_SECRETS, body: SECRET.repeat(10_000) }),
    ],
    [
      'a body cannot go to a file',
      {},
      async (front) => {
        rmSync(join(front.nginx.dir, 'client-body'), { recursive: true })
        const answer = await front.send(TARGET, { ...WITH_SECRETS, body: SECRET.repeat(10_000) })
        expect([answer.status, answer.json().code]).toEqual([500, 'internal_error'])
      },
    ],
    [
      'an answer goes to a file',
      {},
      async (front) => {
        front.service.respond((_request, response) => void response.end('x'.repeat(8_000_000)))
        await front.send(TARGET, WITH_SECRETS)
      },
    ],
    [
      'a client is limited',
      { NGINX_LIMIT_RECOVERY: '1r/m 1' },
      async (front) => {
        for (let i = 0; i < 4; i++) await front.send(TARGET, WITH_SECRETS)
      },
    ],
    [
      'the address is too long',
      {},
      (front) => front.send(`${TARGET.replace('#', '&')}${'y'.repeat(40_000)}`, WITH_SECRETS),
    ],
    [
      'a header is too long',
      {},
      (front) => front.send(TARGET, { headers: { ...WITH_SECRETS.headers, 'x-long': 'y'.repeat(40_000) } }),
    ],
    ['the path leads out', {}, (front) => front.send(`/authlance/../../x?code=${SECRET}`, WITH_SECRETS)],
    ...(
      [
        ['a header is no header', `GET ${TARGET} HTTP/1.1\r\nHost: a\r\nbad ${SECRET}\0: x\r\n\r\n`],
        ['a Host is none', `GET ${TARGET} HTTP/1.1\r\nHost: a/${SECRET}\r\n\r\n`],
        [
          'two lengths are said',
          `POST ${TARGET} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
        ],
        ['the version is none', `GET ${TARGET} HTTP/7.1\r\nHost: a\r\n\r\n`],
        ['the method is none', `G\x01T ${TARGET} HTTP/1.1\r\nHost: a\r\n\r\n`],
        ['the request line is none', `${SECRET} ${SECRET}\r\n\r\n`],
        [
          'the transfer is unknown',
          `POST ${TARGET} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${SECRET}\r\n\r\n`,
        ],
        [
          'a chunk is none',
          `POST ${TARGET} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${SECRET}\r\n`,
        ],
        [
          'the client breaks off',
          `POST ${TARGET} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n${SECRET}`,
        ],
        ['it speaks TLS', `\x16\x03\x01\x00${SECRET}`],
      ] as const
    ).map(
      ([what, bytes]) =>
        [what, {}, (front: Front) => sendRawBytes(front.nginx.port, Buffer.from(bytes, 'latin1'), 1000)] as [
          string,
          Record<string, string>,
          (front: Front) => Promise<unknown>,
        ],
    ),
  ]

  it.each(TROUBLES)('say nothing of codes, cookies and tokens when %s', async (_what, env, provoke) => {
    const front = await openFront(env)
    await provoke(front)
    // Something is logged, so the trouble did reach nginx.
    await front.nginx.logged(() => true)
    await sleep(50)

    expect(written(front)).not.toContain(SECRET)
  })
})
