import { expect, test } from 'vitest'
import type { EventMessage } from '../../lib/events/bus.ts'
import { createLocalBus } from '../../runtime/local-bus.ts'
import { recordLog } from '../parts/record-log.ts'

const message: EventMessage = { id: '1', subject: 'user.created', data: '{"user":"secret"}' }

test('hands each event to the listeners of the moment', async () => {
  const bus = createLocalBus(recordLog())
  const seen: string[] = []
  bus.subscribe(({ id }) => seen.push(`a ${id}`))
  const leave = bus.subscribe(({ id }) => seen.push(`b ${id}`))

  expect(await bus.publish(message)).toEqual({ kind: 'acknowledged' })
  leave()
  await bus.publish({ ...message, id: '2' })

  expect(seen).toEqual(['a 1', 'b 1', 'a 2'])
})

test('acknowledges an event although a listener throws, and logs no payload', async () => {
  const log = recordLog()
  const bus = createLocalBus(log)
  const seen: string[] = []
  bus.subscribe(() => {
    throw new Error('broken page')
  })
  bus.subscribe(({ id }) => seen.push(id))

  expect(await bus.publish(message)).toEqual({ kind: 'acknowledged' })
  expect(seen).toEqual(['1'])
  expect(log.lines).toMatchObject([{ level: 'error', fields: { event: '1', subject: 'user.created' } }])
  expect(JSON.stringify(log.lines)).not.toContain('secret')
})

test('is silent once it is closed', async () => {
  const bus = createLocalBus(recordLog())
  const seen: string[] = []
  bus.subscribe(({ id }) => seen.push(id))
  expect(await bus.ready()).toBe(true)
  await bus.close()
  await bus.publish(message)
  expect(seen).toEqual([])
})
