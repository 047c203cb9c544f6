import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/*
 * All mounts are made in a mount namespace of this process's own: the kernel undoes them when it ends, however it ends.
 */

/** @throws with mount's words */
export function mount(...args: string[]): void {
  run('mount', args)
}

/** Of a mount and all below it. */
export function unmount(path: string): void {
  run('umount', ['--recursive', path])
}

/** Binds a file or directory to a place in a tree, which is made where it is missing. @returns whether it was missing */
export function bind(source: string, target: string, options = 'bind'): boolean {
  const isMissing = !existsSync(target)
  if (isMissing) {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, '')
  }
  mount('--bind', source, target)
  if (options !== 'bind') mount('-o', `remount,bind,${options}`, target)
  return isMissing
}

/** Mounts directories one over the other. @param lower the lowest last @param changes where they go; without it nothing can be changed */
export function mountOverlay(
  lower: readonly string[],
  target: string,
  changes?: { upper: string; work: string },
): void {
  const options = [`lowerdir=${lower.join(':')}`]
  if (changes) options.push(`upperdir=${changes.upper}`, `workdir=${changes.work}`)
  for (const directory of [target, ...(changes ? Object.values(changes) : [])])
    mkdirSync(directory, { recursive: true })
  mount('-t', 'overlay', 'overlay', '-o', options.join(','), target)
}

/** The devices that a container has. */
export function mountDevices(root: string): void {
  const dev = join(root, 'dev')
  mount('-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', dev)
  for (const [name, major, minor] of DEVICES) {
    run('mknod', [join(dev, name), 'c', major, minor])
    chmodSync(join(dev, name), 0o666)
  }
  symlinkSync('/proc/self/fd', join(dev, 'fd'))
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    symlinkSync(`/proc/self/fd/${fd}`, join(dev, name))
  }
}

const DEVICES: Array<[name: string, major: string, minor: string]> = [
  ['null', '1', '3'],
  ['zero', '1', '5'],
  ['full', '1', '7'],
  ['random', '1', '8'],
  ['urandom', '1', '9'],
]

function run(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}
