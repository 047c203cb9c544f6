import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Bus } from '../../lib/events/bus.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { testConfig } from '../lib/events/outbox-fixture.ts'
import { requirePart } from '../parts/available.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { recordLog } from '../parts/record-log.ts'

describe.skipIf(requirePart('nats'))('JetStream across the death of its server', () => {
  let nats: Nats
  let bus: Bus
  const subject = 'user.created'
  const publish = (id: string = crypto.randomUUID()) => bus.publish({ id, subject, data: '{}' })
  const count = async () => {
    const connection = await connect({ servers: nats.url })
    const { state } = await (await jetstreamManager(connection)).streams.info('user_created')
    await connection.close()
    return state.messages
  }

  beforeAll(async () => {
    nats = await startNats()
    bus = createNatsBus(testConfig({ nats: { url: nats.url, timeoutMs: 3000 } }), recordLog())
    await bus.prepare([subject])
  })
  afterAll(async () => {
    await bus?.close()
    await nats?.stop()
  })

  test('answers at once while the server is away and recovers by itself', async () => {
    expect(await publish('first')).toMatchObject({ kind: 'acknowledged' })
    await nats.kill()
    await vi.waitFor(async () => expect(await publish()).toMatchObject({ kind: 'unavailable' }))
    expect(await bus.ready()).toBe(false)
    await expect(bus.prepare([subject])).rejects.toThrow('not connected')

    await nats.restart()
    await vi.waitFor(() => bus.prepare([subject]), { timeout: 5000 })
    expect(await bus.ready()).toBe(true)
    expect(await publish('first')).toEqual({ kind: 'acknowledged', duplicate: true })
    expect(await publish('second')).toMatchObject({ kind: 'acknowledged' })
    expect(await count()).toBe(2)
  })

  test('gives up publishes that were on their way, long before their time limit', async () => {
    const started = Date.now()
    const onTheirWay = Promise.all(Array.from({ length: 500 }, () => publish()))
    await nats.kill()
    const results = await onTheirWay

    expect(Date.now() - started).toBeLessThan(2500)
    for (const { kind } of results) expect(['acknowledged', 'unavailable']).toContain(kind)
    await nats.restart()
  })

  test('finds its streams again after the server lost everything', async () => {
    await nats.wipe()
    await vi.waitFor(
      async () => expect(await publish('second')).toEqual({ kind: 'acknowledged', duplicate: false }),
      {
        timeout: 5000,
      },
    )
    expect(await count()).toBe(1)
  })

  test('gives up a publish whose acknowledgement does not come in time', async () => {
    const connection = await connect({ servers: nats.url })
    const impatient = createNatsBus(testConfig({ nats: { url: nats.url, timeoutMs: 200 } }), recordLog())
    await impatient.prepare([subject])
    await (await jetstreamManager(connection)).streams.delete('user_created')
    const silent = connection.subscribe(subject)
    await connection.flush()

    expect(await impatient.publish({ id: 'x', subject, data: '{}' })).toEqual({
      kind: 'unavailable',
      reason: 'no acknowledgement in time',
    })
    silent.unsubscribe()
    await impatient.close()
    await connection.close()
  })
})
