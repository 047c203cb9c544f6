import { describe, expect, it } from 'vitest'
import { createLog } from '../../../runtime/node/log.ts'
import { startProcess } from '../../parts/process.ts'

const LOG = new URL('../../../runtime/node/log.ts', import.meta.url).href

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

  it.each(['process.exit(3)', 'throw new Error("out of the blue")', ''])(
    'has every line on stdout before the process ends by "%s"',
    async (end) => {
      const program = `
        import { createLog } from '${LOG}'
        const log = createLog('info')
        for (let line = 1; line <= 500; line++) log.info({ line }, 'x'.repeat(100))
        ${end}`
      const run = startProcess(process.execPath, ['--input-type=module', '-e', program])
      await run.exit
      const lines = run.stdout().trim().split('\n')
      expect(lines.map((line) => JSON.parse(line).line)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    },
  )
})
