import { chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Exit, type RunningProcess, startProcess } from '../parts/process.ts'
import type { Image } from './build-image.ts'
import { bind, mount, mountDevices, mountOverlay, unmount } from './mounts.ts'
import { PATH } from './run-step.ts'

export interface Container {
  /** The tree as the programs in it see it. */
  root: string
  /** Starts a program as the image's user, first in a process namespace of its own as in a container. */
  start(command: string[], env?: Record<string, string>): ContainerProcess
  /** Runs a program to its end. */
  run(command: string[], env?: Record<string, string>): Promise<Finished>
  /** Ends what still runs and undoes the mounts. */
  remove(): Promise<void>
}

export interface ContainerProcess extends RunningProcess {
  /** Sends a signal to the first process, as a container engine does. */
  signal(name: NodeJS.Signals): void
  /** What runs in the container now. */
  processes(): ContainedProcess[]
}

export interface ContainedProcess {
  pid: number
  command: string
  /** The lines of /proc/PID/status. */
  status: Record<string, string>
}

export interface Finished extends Exit {
  output: string
}

export interface ContainerOptions {
  /** An empty place for mounts. */
  scratch: string
  /** Mounted read-only at /app/config. */
  configDirectory: string
}

/**
 * An image with a root that cannot be written: a small /tmp in memory, /app/data, and the devices are what it gets beside. It shares this
 * machine's network.
 */
export function createContainer(image: Image, { scratch, configDirectory }: ContainerOptions): Container {
  const root = join(scratch, 'container')
  const data = join(scratch, 'data')
  const [uid = 0, gid = 0] = image.user.split(':').map(Number)
  mkdirSync(data, { recursive: true })
  chownSync(data, uid, gid)

  mountOverlay(image.layers, root)
  mount('-t', 'tmpfs', '-o', 'size=64m,mode=1777,nosuid,nodev,noexec', 'tmpfs', join(root, 'tmp'))
  mountDevices(root)
  bind(configDirectory, join(root, 'app/config'), 'ro')
  bind(data, join(root, 'app/data'))

  const started: RunningProcess[] = []

  function start(command: string[], env: Record<string, string> = {}): ContainerProcess {
    const namespace = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', `--root=${root}`]
    const asUser = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs']
    const environment = Object.entries({ PATH, HOME: '/', ...env }).map(([name, value]) => `${name}=${value}`)
    const running = startProcess('unshare', [
      ...namespace,
      `--wd=${image.workingDirectory}`,
      '/usr/bin/setpriv',
      ...asUser,
      // The kernel forgets it at a change of user.
      '--pdeathsig=keep',
      '--inh-caps=-all',
      '--bounding-set=-all',
      '/usr/bin/env',
      '-i',
      ...environment,
      ...command,
    ])
    started.push(running)
    let namespaceId: string | undefined
    return {
      ...running,
      signal(name) {
        process.kill(firstProcess(running.pid), name)
      },
      processes() {
        namespaceId ??= readlinkSync(`/proc/${firstProcess(running.pid)}/ns/pid`)
        return processesIn(namespaceId)
      },
    }
  }

  return {
    root,
    start,
    async run(command, env) {
      const running = start(command, env)
      return { ...(await running.exit), output: running.output() }
    },
    async remove() {
      await Promise.all(started.map((running) => running.kill()))
      unmount(root)
      rmSync(root, { recursive: true })
      rmSync(data, { recursive: true })
    },
  }
}

/** The child of unshare. */
function firstProcess(unshare: number): number {
  const [pid] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').split(' ')
  if (!pid) throw new Error('the container has ended')
  return Number(pid)
}

function processesIn(namespaceId: string): ContainedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (readlinkSync(`/proc/${name}/ns/pid`) !== namespaceId) return []
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [{ pid: Number(name), command, status: readStatus(name) }]
      } catch {
        // It has just ended.
        return []
      }
    })
}

function readStatus(pid: string): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2)))
}
