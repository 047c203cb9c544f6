import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.ts'
import { goProgram } from './go-program.ts'
import { cachedOryBinary, type OryName, oryCachePath, orySource } from './ory-cache.ts'
import { runProcess } from './process.ts'

const PACKAGES: Record<OryName, string> = {
  kratos: 'github.com/ory/kratos',
  hydra: 'github.com/ory/hydra/v2',
}

/** The path of an Ory program, built with Go on first use (a minute or two) and then taken from the cache. */
export async function oryBinary(name: OryName): Promise<string> {
  const cached = cachedOryBinary(name)
  if (cached) return cached

  const path = oryCachePath(name)
  mkdirSync(dirname(path), { recursive: true })
  const unlock = await lock(`${path}.lock`)
  try {
    return cachedOryBinary(name) ?? (await build(name, path))
  } finally {
    unlock()
  }
}

async function build(name: OryName, path: string): Promise<string> {
  const go = goProgram()
  if (!go) throw new Error(`building ${name} needs a newer Go than is installed here, if one is`)

  const unfinished = `${path}.${process.pid}`
  atExit(() => rmSync(unfinished, { force: true }))
  await runProcess(
    go,
    ['build', '-buildvcs=false', '-tags', 'sqlite,json1', '-o', unfinished, PACKAGES[name]],
    { cwd: orySource(name), env: { CGO_ENABLED: '1' } },
  )
  renameSync(unfinished, path)
  return path
}

/**
 * Waits until this process alone holds the lock file. A lock whose holder died is taken over; should two waiters
 * do so at once, both build and the rename keeps the result whole.
 */
async function lock(path: string): Promise<() => void> {
  const mine = `${path}.${randomUUID()}`
  const release = () => rmSync(path, { force: true })
  writeFileSync(mine, String(process.pid))
  try {
    while (!tryLink(mine, path)) {
      if (holderIsDead(path)) release()
      else await sleep(250)
    }
  } finally {
    rmSync(mine, { force: true })
  }
  return release
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function holderIsDead(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
