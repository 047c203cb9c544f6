import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

const NOWHERE = 'http://127.0.0.1:9'
const PASSWORD = 'hunter2hunter2'
const AWAY = { host: '127.0.0.1', port: 9, user: 'ada', password: PASSWORD, dbname: 'auth' }

const configOf = (keys: object) => writeConfig({ kratos: { url: NOWHERE, adminUrl: NOWHERE }, ...keys })

describe('one line names the part that is away', () => {
  test.each([[['serve']], [['migrate']], [['migrate', '--status']]])(
    '%j without its database, and nothing else is told',
    async (command) => {
      expect(await runCli(...command, '--config', configOf({ database: AWAY }))).toEqual({
        code: 1,
        stdout: '',
        stderr: 'authlance: database: connect ECONNREFUSED 127.0.0.1:9\n',
      })
    },
  )

  test('serve that leaves the migrations to others', async () => {
    const config = configOf({ database: AWAY, migrateOnStart: false })
    expect(await runCli('serve', '--config', config)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'authlance: database: connect ECONNREFUSED 127.0.0.1:9\n',
    })
  })

  test.each([[['serve']], [['migrate']]])('%j without a place for its file', async (command) => {
    const config = configOf({})
    const database = { file: join(config, 'auth.sqlite') }
    expect(await runCli(...command, '--config', configOf({ database }))).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^authlance: database: E\w+: .*mkdir[^\n]*\n$/),
    })
  })

  test('events replay without NATS', async () => {
    const file = join(tempDir('away'), 'auth.sqlite')
    const nats = { url: `nats://ada:${PASSWORD}@127.0.0.1:9` }
    expect(await replay({ database: { file }, nats })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'authlance: nats: connection refused\n',
    })
  })
})

test('serve tells of a port that is taken and of nothing else', async () => {
  const database = { file: join(tempDir('away'), 'auth.sqlite') }
  await using server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const config = configOf({ database, port, nats: { url: 'nats://127.0.0.1:9' } })
  expect(await runCli('serve', '--config', config)).toEqual({
    code: 1,
    stdout: '',
    stderr: `authlance: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
  })
})

function replay(keys: object) {
  return runCli('events', 'replay', '--since', '1h', '--config', configOf(keys))
}
