import { describe, expect, it } from 'vitest'
import { databaseFailure } from '../../../lib/db/errors.ts'

const make = (fields: object, message = 'from the driver') => Object.assign(new Error(message), fields)

describe('a failure of the database', () => {
  it.each([
    [1021, 'the disk is full'],
    [1040, 'too many connections'],
    [1041, 'out of memory'],
    [1053, 'the server shuts down'],
    [1114, 'a table is full'],
    [1129, 'this host is blocked'],
    [1203, 'this user has too many connections'],
    [1226, 'this user has used up a limit'],
    [1290, 'the server runs with a read-only option'],
    [1317, 'the statement was interrupted'],
    [1836, 'the server is in read-only mode'],
  ])('is unavailability at error %i: %s', (errno) => {
    expect(databaseFailure(make({ errno, sqlState: 'HY000' }))).toBe('unavailable')
    const planetScale = make(
      { name: 'DatabaseError', status: 400 },
      `refused (errno ${errno}) (sqlstate HY000)`,
    )
    expect(databaseFailure(planetScale)).toBe('unavailable')
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'PROTOCOL_CONNECTION_LOST'])(
    'is unavailability when %s ended a connection',
    (code) => {
      expect(databaseFailure(make({ code, errno: -104, fatal: true }))).toBe('unavailable')
    },
  )

  it('is nothing that went wrong elsewhere', () => {
    for (const code of ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND']) {
      expect(databaseFailure(make({ code, errno: -104, syscall: 'read' }))).toBe('other')
    }
    expect(databaseFailure(new TypeError('fetch failed'))).toBe('other')
    expect(databaseFailure(make({}, 'an answer that quotes errno 1062'))).toBe('other')
    expect(databaseFailure({ errno: 1062 })).toBe('other')
  })

  it('tells what may be run again from what is there already', () => {
    expect(databaseFailure(make({ errno: 1213 }))).toBe('conflict')
    expect(databaseFailure(make({ errno: 1205 }))).toBe('conflict')
    expect(databaseFailure(make({ code: 'ERR_SQLITE_ERROR', errcode: 5 }))).toBe('conflict')
    expect(databaseFailure(make({ errno: 1062 }))).toBe('unique_violation')
    expect(databaseFailure(make({ code: 'ERR_SQLITE_ERROR', errcode: 2067 }))).toBe('unique_violation')
  })
})
