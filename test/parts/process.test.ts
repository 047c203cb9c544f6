import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { runProcess, startProcess } from './process.ts'

describe('startProcess', () => {
  test('captures both streams and finds a line in them', async () => {
    const running = startProcess('sh', ['-c', 'echo out; echo port=42 >&2; exec sleep 60'])
    expect((await running.waitForLine(/port=(\d+)/))[1]).toBe('42')
    expect(running.stdout()).toBe('out\n')
    expect(running.stderr()).toBe('port=42\n')
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' })
  })

  test('kills a program that ignores SIGTERM after the limit', async () => {
    const running = startProcess('sh', ['-c', `trap '' TERM; echo ready; while :; do sleep 1; done`])
    await running.waitForLine(/ready/)
    expect(await running.stop(200)).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('says what a program wrote that ended before it was ready', async () => {
    const running = startProcess('sh', ['-c', 'echo no such port >&2; exit 3'])
    await expect(running.waitForProbe(async () => false)).rejects.toThrow(/ended early:\nno such port/)
    await expect(runProcess('sh', ['-c', 'echo bad; exit 3'])).rejects.toThrow(/ended with 3:\nbad/)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no program behind when its parent gets %s',
    async (signal) => {
      const parts = JSON.stringify(import.meta.dirname)
      const parent = startProcess(process.execPath, [
        '--input-type=module',
        '-e',
        `const { startProcess } = await import(${parts} + '/process.ts')
       const { tempDir } = await import(${parts} + '/temp-dir.ts')
       console.log('dir=' + tempDir('orphan') + ' pid=' + startProcess('sleep', ['60']).pid + ';')`,
      ])
      const [, dir, pid] = await parent.waitForLine(/dir=(\S+) pid=(\d+);/)
      process.kill(parent.pid, signal)
      await parent.exit

      for (let waits = 0; waits < 100 && isAlive(Number(pid)); waits++) await sleep(20)
      expect(isAlive(Number(pid))).toBe(false)
      if (signal === 'SIGTERM') expect(existsSync(dir!)).toBe(false)
      // Nothing can run at a SIGKILL, so this one is removed here.
      else await runProcess('rm', ['-r', dir!])
    },
  )
})

/** A killed orphan stays a zombie until init collects it, which may take a second. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}
