import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { atExit } from './at-exit.ts'
import { findProgram, programPath } from './find-program.ts'
import { orySource } from './ory-cache.ts'
import { runProcess } from './process.ts'

const CACHE = join(import.meta.dirname, '../../.cache/go')

/** A Go that is new enough for the Ory modules: the system's, or the one that `fetchGo` brought. */
export function goProgram(): string | undefined {
  const candidates = [findProgram('go'), join(CACHE, wantedVersion(), 'bin/go')]
  return candidates.find((path) => path !== undefined && isNewEnough(path))
}

/**
 * Brings the wanted Go through an older one, as newer ones do by themselves: as a module, checked against Go's
 * checksum database. Debian 12's own Go is too old.
 */
export async function fetchGo(): Promise<void> {
  const version = wantedVersion()
  const platform = `linux-${arch() === 'x64' ? 'amd64' : arch()}`
  const toolchain = `golang.org/toolchain@v0.0.1-go${version}.${platform}`
  const answer = await runProcess(programPath('go'), ['mod', 'download', '-json', toolchain], { cwd: '/' })
  const { Dir: source } = JSON.parse(answer) as { Dir: string }

  const target = join(CACHE, version)
  const unfinished = `${target}.${process.pid}`
  mkdirSync(dirname(target), { recursive: true })
  atExit(() => rmSync(unfinished, { recursive: true, force: true }))
  await runProcess('cp', ['-r', source, unfinished])
  await runProcess('chmod', ['-R', 'u+w', unfinished])
  // The module cache keeps no executable bits.
  const programs = ['bin', ...toolDirectories(unfinished)].map((directory) => join(unfinished, directory))
  await runProcess('chmod', ['-R', 'a+x', ...programs])
  rmSync(target, { recursive: true, force: true })
  renameSync(unfinished, target)
}

function toolDirectories(root: string): string[] {
  return readdirSync(join(root, 'pkg/tool')).map((name) => join('pkg/tool', name))
}

function wantedVersion(): string {
  const version = /^go (\S+)$/m.exec(readFileSync(join(orySource('kratos'), 'go.mod'), 'utf8'))?.[1]
  if (!version) throw new Error('the Kratos go.mod names no Go version')
  return version
}

/** Asked inside the module, where a Go of 1.21 or later switches to the wanted version by itself if it may. */
function isNewEnough(path: string): boolean {
  const { stdout } = spawnSync(path, ['version'], { cwd: orySource('kratos'), encoding: 'utf8' })
  const found = /\bgo(\d+(?:\.\d+)*)/.exec(stdout ?? '')?.[1]
  return found !== undefined && found.localeCompare(wantedVersion(), 'en', { numeric: true }) >= 0
}
