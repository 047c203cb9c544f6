import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../parts/find-program.ts'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { type DevProcess, startDev } from '../runtime/dev/start-dev.ts'

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

describe.skipIf(!findProgram('jq') || !findProgram('curl'))('a walk in the README', () => {
  let dev: DevProcess
  beforeAll(async () => {
    dev = await startDev(tempDir('readme'))
  })
  afterAll(() => dev?.stop())

  test('signs a person up, shows the group, and signs out', async () => {
    const { code, output } = await walk(dev.url, 'A walk with curl')
    expect(code).toBe(0)
    expect(output).toContain('"name":"ada-lovelace"')
    expect(output).toContain('"code":"session_revoked"')
  })

  test('buys a plan whose first bill is declined and then paid', async () => {
    const { code, output } = await walk(dev.url, 'Five minutes, offline')
    expect(code).toBe(0)
    const lines = output.split('\n')
    const statuses = lines.filter((line) => /^"[a-z_]+"$/.test(line))
    expect(statuses).toEqual(['"trialing"', '"past_due"', '"active"'])
    for (const subject of ['payment.declined', 'subscription.updated', 'payment.success']) {
      expect(lines).toContain(`"subject":"${subject}"`)
    }
  })
})

/** Runs the commands below a heading as they stand there, at a stack on another port, with patience for a busy machine. */
async function walk(url: string, heading: string): Promise<{ code: number | null; output: string }> {
  const [, script] = new RegExp(`## ${heading}\\n[^]*?\\n\`\`\`sh\\n([^]*?)\\n\`\`\``).exec(README) ?? []
  const shell = findProgram('bash') ?? 'sh'
  const commands = script!.replaceAll('http://127.0.0.1:8000', url).replaceAll('sleep 1;', 'sleep 3;')
  // Its last command may time out on purpose.
  const run = startProcess(shell, ['-c', `cd "$0" && ${commands}`, tempDir('walk')])
  const { code } = await run.exit
  return { code, output: run.output() }
}
