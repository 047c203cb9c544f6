import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { connect as connectWebSocket } from 'nats.ws'
import { describe, expect, test } from 'vitest'
import { requirePart } from './available.ts'
import { startNats } from './nats.ts'

describe.skipIf(requirePart('nats'))('startNats', () => {
  test('keeps acked messages through a kill and loses all in a wipe', async () => {
    const server = await startNats()
    await withConnection(server.url, async (connection) => {
      await (await jetstreamManager(connection)).streams.add({ name: 'kept', subjects: ['kept'] })
      await jetstream(connection).publish('kept', 'one')
    })

    await server.kill()
    await server.restart()
    await withConnection(server.url, async (connection) => {
      const info = await (await jetstreamManager(connection)).streams.info('kept')
      expect(info.state.messages).toBe(1)
    })

    await server.wipe()
    await withConnection(server.url, async (connection) => {
      expect(await (await jetstreamManager(connection)).streams.names().next()).toEqual([])
    })
    await server.stop()
  })

  test('listens for WebSockets when asked', async () => {
    const server = await startNats({ jetstream: false, websocket: true })
    const connection = await connectWebSocket({ servers: server.websocketUrl!, timeout: 2000 })
    await connection.flush()
    await connection.close()
    await server.stop()
  })

  async function withConnection(servers: string, use: (connection: NatsConnection) => Promise<void>) {
    const connection = await connect({ servers, reconnect: false })
    await use(connection).finally(() => connection.close())
  }
})
