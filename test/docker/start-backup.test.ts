import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

const SCRIPT = join(import.meta.dirname, '../../docker/start-backup.sh')
const program = join(tempDir('backup'), 'authlance')

beforeAll(() => {
  writeFileSync(program, '#!/bin/bash\nprintf "%s\\n" "$@"\nexit 3\n')
  chmodSync(program, 0o755)
})

async function run(env: Record<string, string | undefined>, ...args: string[]) {
  const script = startProcess('/bin/bash', [SCRIPT, ...args], {
    env: { AUTHLANCE_BIN: program, CONFIG_FILE: undefined, ...env },
  })
  const { code } = await script.exit
  return { code, args: script.stdout().trim().split('\n') }
}

it('backs up with the configuration of the image, and ends as the command does', async () => {
  expect(await run({})).toEqual({ code: 3, args: ['backup', '--config', '/app/config/config.yaml'] })
})

it('takes CONFIG_FILE, and hands options on', async () => {
  expect(await run({ CONFIG_FILE: '/etc/authlance.yaml' }, '--json')).toEqual({
    code: 3,
    args: ['backup', '--config', '/etc/authlance.yaml', '--json'],
  })
})
