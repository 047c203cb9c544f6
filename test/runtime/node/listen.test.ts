import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { operation } from '../../../lib/http/operation.ts'
import { route } from '../../../lib/http/route.ts'
import { type Listener, listen } from '../../../runtime/node/listen.ts'
import { createServing, type Serving } from '../../../runtime/node/serving.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

let test: TestEnv
let serving: Serving
let release: PromiseWithResolvers<void>
let listener: Listener
beforeEach(async () => {
  test = await createTestEnv()
  serving = createServing(test.env)
  release = Promise.withResolvers()
  const answer = { access: 'public', responses: { 200: z.string() } } as const
  const routes = [
    route('/quick', { POST: operation({ ...answer, summary: 'Answers at once', handle: () => 'quick' }) }),
    route('/slow', {
      POST: operation({
        ...answer,
        summary: 'Answers when it is told to',
        handle: () => release.promise.then(() => 'slow'),
      }),
    }),
  ]
  listener = await listen(routes, () => serving, { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await listener.close(0)
  await test.close()
})

async function dial(): Promise<Socket & { received: string }> {
  const socket = connect(listener.port, '127.0.0.1')
  const told = Object.assign(socket, { received: '' })
  socket.setEncoding('latin1')
  socket.on('error', () => undefined)
  socket.on('data', (text) => {
    told.received += text
  })
  await once(socket, 'connect')
  return told
}

const requestText = (path: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`

describe('a listener that is closed', () => {
  it('answers what still comes on a connection that was in use, as its last', async () => {
    const socket = await dial()
    socket.write(requestText('/quick'))
    await expect.poll(() => socket.received).toContain('"quick"')
    expect(socket.received).not.toMatch(/connection: close/i)
    const closed = listener.close()
    await sleep(100)
    socket.received = ''
    socket.write(requestText('/quick'))
    expect(await closed).toBe(true)
    await expect.poll(() => socket.received).toMatch(/^HTTP\/1.1 200.*connection: close.*"quick"/is)
  })

  it('answers on a connection that was opened a moment ago, and closes one that is never used', async () => {
    const used = await dial()
    const unused = await dial()
    const gone = once(unused, 'close')
    const closed = listener.close()
    used.write(requestText('/quick'))
    expect(await closed).toBe(true)
    await expect.poll(() => used.received).toContain('"quick"')
    await gone
    expect(unused.received).toBe('')
  })

  it('answers connections that wait to be accepted', async () => {
    const sockets = Array.from({ length: 30 }, () => connect(listener.port, '127.0.0.1'))
    const answers = sockets.map(async (socket) => {
      socket.setEncoding('latin1').write(requestText('/quick'))
      const [text] = await once(socket, 'data')
      return String(text).slice(0, 12)
    })
    // They are in the kernel's queue: this process has not come to accept them.
    await new Promise((resolve) => process.nextTick(resolve))
    expect(await listener.close()).toBe(true)
    expect(await Promise.all(answers)).toEqual(answers.map(() => 'HTTP/1.1 200'))
  })

  it('waits for an answer, but no longer than the limit', async () => {
    const patient = await dial()
    patient.write(requestText('/slow'))
    await sleep(50)
    expect(await listener.close(200)).toBe(false)
    expect(patient.received).toBe('')
    await serving.idle()
  })

  it('takes no connection any more', async () => {
    await listener.close()
    await expect(dial()).rejects.toThrow('ECONNREFUSED')
  })
})

it('knows when nothing is under way any more', async () => {
  const socket = await dial()
  socket.write(requestText('/slow'))
  await sleep(50)
  let idle = false
  const waiting = serving.idle().then(() => {
    idle = true
  })
  await sleep(50)
  expect(idle).toBe(false)
  const late = Promise.withResolvers<void>()
  serving.waitUntil(late.promise)
  release.resolve()
  await expect.poll(() => socket.received).toContain('"slow"')
  await sleep(50)
  expect(idle).toBe(false)
  late.resolve()
  await waiting
})
