import { describe, expect, test } from 'vitest'
import { inPart } from '../../../lib/async/in-part.ts'
import { DatabaseNewerError } from '../../../lib/db/migrate.ts'

const failing = (error: unknown) => inPart('database', () => Promise.reject(error))

describe('a step in a part', () => {
  test('gives what it gives', async () => {
    expect(await inPart('nats', () => 7)).toBe(7)
  })

  test('fails with the name of the part, whether at once or later', async () => {
    const cause = new Error('connection refused')
    await expect(failing(cause)).rejects.toMatchObject({ message: 'database: connection refused', cause })
    await expect(
      inPart('nats', () => {
        throw cause
      }),
    ).rejects.toThrow('nats: connection refused')
  })

  test.each([
    [new AggregateError([new Error('connect ECONNREFUSED ::1:3306')], ''), 'connect ECONNREFUSED ::1:3306'],
    [Object.assign(new Error(''), { code: 'ETIMEDOUT' }), 'ETIMEDOUT'],
    [{}, 'unknown failure'],
  ])('finds a reason where there is no sentence', async (error, reason) => {
    await expect(failing(error)).rejects.toThrow(`database: ${reason}`)
  })

  test('keeps an error that names the part by itself', async () => {
    const error = new DatabaseNewerError(['9999_add_what_comes'])
    await expect(failing(error)).rejects.toBe(error)
  })
})
