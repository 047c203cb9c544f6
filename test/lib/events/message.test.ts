import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventMessage } from '../../../lib/events/message.ts'

const row = {
  seq: 42,
  id: 'a3f1',
  subject: 'user.created',
  schema_version: 1,
  payload: '{"user":{"email":"zoë@example.com"}}',
  traceparent: '00-aa-bb-01',
  created_at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
}

describe('eventMessage', () => {
  test('adds id, time, schema version and seq to the payload', () => {
    const { id, subject, data, traceparent } = eventMessage(row, undefined)

    expect({ id, subject, traceparent }).toEqual({
      id: 'a3f1',
      subject: 'user.created',
      traceparent: '00-aa-bb-01',
    })
    expect(JSON.parse(data)).toEqual({
      id: 'a3f1',
      time: '2026-01-02T03:04:05.006Z',
      schemaVersion: 1,
      seq: 42,
      user: { email: 'zoë@example.com' },
    })
  })

  test('puts the configured prefix before the subject, in no way into the data', () => {
    const message = eventMessage({ ...row, traceparent: null }, 'eu.prod')
    expect(message.subject).toBe('eu.prod.user.created')
    expect(message).not.toHaveProperty('traceparent')
    expect(message.data).toBe(eventMessage(row, undefined).data)
  })

  test('keeps any payload as it is', () => {
    const payloads = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(payloads, (payload) => {
        const { data } = eventMessage({ ...row, payload: JSON.stringify(payload) }, undefined)
        const envelope = { id: 'a3f1', time: '2026-01-02T03:04:05.006Z', schemaVersion: 1, seq: 42 }
        expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify({ ...envelope, ...payload })))
      }),
    )
  })
})
