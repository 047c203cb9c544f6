import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listTree } from '../image/build-context.ts'
import { requirePart } from '../parts/available.ts'
import { programPath } from '../parts/find-program.ts'

const DOCKER = join(import.meta.dirname, '../../docker')
const SCRIPTS = listTree(DOCKER).filter((path) => path.endsWith('.sh'))
const noShellcheck = requirePart('shellcheck')

describe.each(SCRIPTS)('docker/%s', (script) => {
  const path = join(DOCKER, script)
  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, [...args, path], { encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }

  it('is a program for bash that has no mistake in its grammar', () => {
    expect(readFileSync(path, 'utf8')).toMatch(/^#!(\/bin\/bash|\/usr\/bin\/env bash)\n/)
    // What a server's image reads at its start need not be a program.
    if (!script.startsWith('compose/templates/')) expect(statSync(path).mode & 0o111).toBe(0o111)
    expect(run('bash', '-n')).toEqual({ status: 0, output: '' })
  })

  it.skipIf(noShellcheck)('has nothing that shellcheck warns of', () => {
    expect(run(programPath('shellcheck'), '--severity=warning', '--shell=bash')).toEqual({
      status: 0,
      output: '',
    })
  })
})
