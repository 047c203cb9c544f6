import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { edgeHost } from '../../scripts/build/edge-host.ts'
import { ROOT } from '../../scripts/build/paths.ts'

describe('the host of the patterns', () => {
  test.each(['auth.example.com', 'a.b', 'xn--bcher-kva.example', 'auth-1.Example.COM'])('%s', (host) => {
    expect(edgeHost(host)).toBe(host.toLowerCase())
  })

  test.each([
    'bad host/x',
    'https://auth.example.com',
    'auth.example.com:8443',
    'auth.example.com/',
    'auth.example.com\n',
    'auth..example.com',
    '-auth.example.com',
    'auth.example.com.',
    '*.example.com',
    'localhost',
    '127.0.0.1',
    '',
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(130)}com`,
  ])('%j is none', (host) => {
    expect(edgeHost(host)).toBeUndefined()
  })

  test('stops the build in one line when it is none, before anything is built', () => {
    for (const [args, env] of [
      [[], { EDGE_HOST: 'bad host/x' }],
      [['--host', 'bad host/x'], {}],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(ROOT, 'scripts/build.ts'), ...args],
        { encoding: 'utf8', env: { ...process.env, ...env } },
      )
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: '',
        stderr: 'EDGE_HOST or --host: expected a host name such as auth.example.com, found "bad host/x"\n',
      })
    }
  })
})
