import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runProcess } from '../parts/process.ts'
import { hashFiles } from './build-context.ts'
import type { Step } from './copy-step.ts'
import { bind, mountDevices, unmount } from './mounts.ts'
import type { Instruction } from './read-dockerfile.ts'

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** RUN, as root below the tree, with the file of `--mount=type=bind` in its place and this machine's way to the network. */
export function runStep({ flags, value }: Instruction, workingDirectory: string, context: string): Step {
  const mounted = flags.mount === undefined ? [] : [parseMount(flags.mount)]
  const files = [
    { source: '/etc/resolv.conf', target: '/etc/resolv.conf' },
    ...mounted.map(({ source, target }) => ({ source: join(context, source), target })),
    ...(EXTRA_CA ? [{ source: EXTRA_CA, target: EXTRA_CA_BELOW }] : []),
  ]
  return {
    key: mounted.map(({ source }) => hashFiles(context, [source])).join(),
    async make(root) {
      mkdirSync(join(root, workingDirectory), { recursive: true })
      const undo: Array<() => void> = []
      try {
        mountDevices(root)
        undo.push(() => unmount(join(root, 'dev')))
        for (const { source, target } of files) {
          const place = join(root, target)
          const wasMissing = bind(source, place, 'ro')
          undo.push(() => {
            unmount(place)
            if (wasMissing) rmSync(place)
          })
        }
        await runBelow(root, workingDirectory, ['/bin/sh', '-c', value])
      } finally {
        for (const task of undo.reverse()) task()
      }
    },
  }
}

/** Certificates of a proxy that this machine's programs trust. */
const EXTRA_CA = process.env.NODE_EXTRA_CA_CERTS
const EXTRA_CA_BELOW = '/run/extra-ca.pem'

/** Runs a program with the tree as its root, in a process namespace of its own: none outlives it. */
function runBelow(root: string, workingDirectory: string, command: string[]): Promise<string> {
  const namespace = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', `--root=${root}`]
  return runProcess('unshare', [
    ...namespace,
    `--wd=${workingDirectory}`,
    '/usr/bin/env',
    '-i',
    `PATH=${PATH}`,
    'HOME=/root',
    ...(EXTRA_CA ? [`NODE_EXTRA_CA_CERTS=${EXTRA_CA_BELOW}`] : []),
    ...PROXY_VARIABLES.flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : [])),
    ...command,
  ])
}

/** Those that a container engine hands to a build. */
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
])

function parseMount(text: string): { source: string; target: string } {
  const { type, source, target } = Object.fromEntries(text.split(',').map((pair) => pair.split('=')))
  if (type !== 'bind' || !source || !target) throw new Error(`--mount=${text} is not understood here`)
  return { source, target }
}
