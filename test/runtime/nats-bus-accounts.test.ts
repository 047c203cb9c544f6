import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { testConfig } from '../lib/events/outbox-fixture.ts'
import { requirePart } from '../parts/available.ts'
import { programPath } from '../parts/find-program.ts'
import { freePort } from '../parts/free-port.ts'
import { type RunningProcess, startProcess } from '../parts/process.ts'
import { recordLog } from '../parts/record-log.ts'
import { tempDir } from '../parts/temp-dir.ts'

describe.skipIf(requirePart('nats'))('JetStream with accounts', () => {
  const password = 'correct horse battery staple'
  let server: RunningProcess
  let url: string
  beforeAll(async () => {
    const port = await freePort()
    const dir = tempDir('nats-accounts')
    writeFileSync(
      join(dir, 'nats.conf'),
      `listen: "127.0.0.1:${port}"
      jetstream { store_dir: ${JSON.stringify(dir)} }
      authorization { users: [
        { user: ada, password: "${password}", permissions: {
          publish: { allow: ["user.created", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.*"] }
          subscribe: { allow: "_INBOX.>" }
        } }
      ] }`,
    )
    server = startProcess(programPath('nats-server'), ['-c', join(dir, 'nats.conf')])
    await server.waitForLine(/Server is ready/)
    url = `nats://127.0.0.1:${port}`
  })
  afterAll(() => server?.stop())

  test('signs in with the least permissions, and takes what it may not publish for refused', async () => {
    const bus = createNatsBus(testConfig({ nats: { url, user: 'ada', password } }), recordLog())
    await bus.prepare(['user.created', 'group.created'])

    expect(await bus.publish({ id: '1', subject: 'user.created', data: '{}' })).toMatchObject({
      kind: 'acknowledged',
    })
    expect(await bus.publish({ id: '2', subject: 'group.created', data: '{}' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/permissions violation/i),
    })
    await bus.close()
  })

  test('tells no secret when the server does not let it in', async () => {
    const log = recordLog()
    const secret = 'not the right battery'
    const bus = createNatsBus(testConfig({ nats: { url, user: 'ada', password: secret } }), log)
    const error = await bus.prepare(['user.created']).catch((reason: Error) => reason)

    expect(String(error)).toMatch(/authorization violation/i)
    expect(`${(error as Error).stack} ${JSON.stringify(log.lines)}`).not.toContain(secret)
    await bus.close()
  })
})
