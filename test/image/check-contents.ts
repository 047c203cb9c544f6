import assert from 'node:assert/strict'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { listTree } from './build-context.ts'
import type { Checks } from './checks.ts'
import type { Container } from './container.ts'

const UNWANTED = [
  'apt-get',
  'npm',
  'npx',
  'yarn',
  'corepack',
  'gcc',
  'cc',
  'g++',
  'make',
  'git',
  'curl',
  'wget',
  'python3',
  'sudo',
]
/** Debian's own, which nobody but root can do anything with. */
const TOLERATED = ['apt-get']

/** What is in the image's tree and what is not. @param root where nothing else is mounted */
export async function checkContents({ check }: Checks, root: string): Promise<void> {
  await check('no package manager of Node, compiler or downloader', () => {
    const found = ['usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin'].flatMap((directory) =>
      readdirSync(join(root, directory)).filter((name) => UNWANTED.includes(name)),
    )
    assert.deepEqual(found.sort(), TOLERATED)
    assert.equal(existsSync(join(root, 'usr/local/lib/node_modules')), false)
    return undefined
  })

  await check('no package lists, no logs, nothing in /tmp, no sources', () => {
    for (const path of ['var/lib/apt/lists', 'var/log', 'tmp', 'run']) {
      assert.deepEqual(listTree(join(root, path)), [], path)
    }
    assert.deepEqual(readdirSync(join(root, 'app')).sort(), [
      'authlance',
      'check-health.sh',
      'config',
      'data',
      'dist',
      'nginx',
      'start-authlance.sh',
      'start-backup.sh',
    ])
    const app = listTree(join(root, 'app'))
    assert.deepEqual(
      app.filter((path) => /node_modules|\.map$|\.ts$|\.env/.test(path)),
      [],
    )
    return `${app.length} files of ours`
  })

  await check('nobody becomes root, and nothing of the service can be changed by itself', () => {
    const files = listTree(root)
    const modes = files.map((path) => ({ path, stat: lstatSync(join(root, path)) }))
    assert.deepEqual(
      modes.filter(({ stat }) => stat.isFile() && stat.mode & 0o6000).map(({ path }) => path),
      [],
    )
    const writable = modes.filter(
      ({ stat }) => !stat.isSymbolicLink() && (stat.mode & 0o002 || stat.uid !== 0),
    )
    assert.deepEqual(
      writable.map(({ path }) => path),
      [],
    )
    return `${files.length} files`
  })
}

/** That the programs in the image start. */
export async function checkCommands({ check }: Checks, { run }: Container): Promise<void> {
  for (const [command, expected] of COMMANDS) {
    await check(command.join(' '), async () => {
      const { code, output } = await run(command)
      assert.equal(code, 0, output)
      assert.match(output, expected)
      return output.trim().split('\n')[0]
    })
  }
}

const VERSION = new RegExp(`^${manifest.version.replaceAll('.', '\\.')}\n$`)
const COMMANDS: Array<[command: string[], output: RegExp]> = [
  [['./authlance', '--version'], VERSION],
  [['/app/start-authlance.sh', '--version'], VERSION],
  [['./authlance', 'serve', '--help'], /--config/],
  [['./authlance', 'stripe-webhook', '--help'], /--rotate/],
  [['./authlance', 'migrate', '--help'], /--status/],
  [['./authlance', 'doctor', '--help'], /--json/],
  [['./authlance', 'backup', '--help'], /--json/],
  [['./authlance', 'load-backup', '--help'], /--latest/],
  [['/bin/bash', '/app/start-backup.sh', '--help'], /authlance backup/],
  [['mariadb-dump', '--version'], /10\.11/],
  [['mariadb', '--version'], /10\.11/],
  [['node', '--version'], /^v24\./],
]
