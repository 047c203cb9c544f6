import assert from 'node:assert/strict'
import type { Checks } from './checks.ts'
import type { Container } from './container.ts'
import type { Surroundings } from './surroundings.ts'

/** That the image's programs are enough to save the database and to restore it. */
export async function checkBackup(
  { check }: Checks,
  { run }: Container,
  { database }: Surroundings,
): Promise<void> {
  let key = ''
  await check(`start-backup.sh saves ${database}`, async () => {
    const { code, output } = await run(['/bin/bash', '/app/start-backup.sh', '--json'])
    assert.equal(code, 0, output)
    const [saved] = JSON.parse(output)
    key = saved.key
    return `${saved.objectBytes} bytes in ${saved.seconds} s`
  })

  await check('load-backup restores it elsewhere', async () => {
    const into = database === 'SQLite' ? '/app/data/drill.sqlite' : 'drill'
    const { code, output } = await run([
      './authlance',
      'load-backup',
      '--database',
      'authlance',
      '--key',
      key,
      '--into',
      into,
      '--yes',
    ])
    assert.equal(code, 0, output)
    return output.trim().split('\n').at(-1)
  })
}
