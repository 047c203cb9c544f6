import { describe, expect, it } from 'vitest'
import { createLog } from '../../../runtime/node/log.ts'

function capture(secrets: string[]) {
  const lines: string[] = []
  return { lines, log: createLog('info', secrets, { write: (line: string) => void lines.push(line) }) }
}

describe('the log', () => {
  it('never shows a configured secret, wherever it comes from', () => {
    const { lines, log } = capture(['a"quoted"-password', 'short', 'plain-password'])
    const error = Object.assign(new Error('access denied for a"quoted"-password'), {
      sql: 'select 1',
      cause: new Error('plain-password'),
    })
    log.child({ requestId: 'r' }).error({ err: error, note: 'plain-password' }, 'a"quoted"-password')
    expect(lines).toHaveLength(1)
    const line = JSON.parse(lines[0]!)
    expect(line).toMatchObject({ level: 'error', requestId: 'r', msg: '[redacted]', note: '[redacted]' })
    expect(lines[0]).not.toMatch(/quoted|plain-password/)
  })

  it('keeps the statement and the values that drivers hang on their errors out', () => {
    const { lines, log } = capture([])
    const duplicate = Object.assign(new Error("Duplicate entry 'ada@example.com' for key 'users.email'"), {
      errno: 1062,
      sql: "insert into users values ('ada@example.com')",
      sqlMessage: "Duplicate entry 'ada@example.com' for key",
    })
    log.error({ err: duplicate }, 'request failed')
    expect(JSON.parse(lines[0]!).err).toMatchObject({ name: 'Error', errno: 1062 })
    expect(lines[0]).not.toContain('ada@example.com')
  })
})
