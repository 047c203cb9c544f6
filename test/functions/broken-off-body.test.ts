import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalServer, startLocalServer } from '../parts/local-server.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

let kratos: WhoamiStub
let server: LocalServer
beforeAll(async () => {
  kratos = await startWhoamiStub()
  server = await startLocalServer({
    database: { file: ':memory:' },
    kratos: { url: kratos.url, adminUrl: kratos.url },
  })
})
afterAll(async () => {
  await server.stop()
  await kratos.close()
})

it.each([
  ['POST', '/authlance/identity/me', 'Content-Length: 1000', '{"session":'],
  ['POST', '/authlance/identity/me', 'Transfer-Encoding: chunked', '20\r\n{"session":'],
  ['POST', '/authlance/identity/self-service/login', 'Content-Length: 1000', '{"method":'],
])(
  'a caller that hangs up in the middle of %s %s (%s) is blamed on nobody else',
  async (method, path, length, body) => {
    const before = server.logLines().length
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const type = 'Content-Type: application/json\r\nX-Session-Token: ada'
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${type}\r\n${length}\r\n\r\n${body}`)
    await sleep(100)
    socket.destroy()

    const lines = () => server.logLines().slice(before)
    await expect.poll(() => lines().filter(({ msg }) => msg === 'request')).toHaveLength(1)
    expect(lines().find(({ msg }) => msg === 'request')!.status).toBe(400)
    expect(lines().filter(({ level }) => level === 'error')).toEqual([])
  },
)
