import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { atExit } from './at-exit.ts'
import { goProgram } from './go-program.ts'
import { runProcess } from './process.ts'

/** A program that Go builds from one version of a module. */
export interface GoModule {
  name: string
  /** Path of its main package. */
  module: string
  version: string
}

export const STRIPE_MOCK: GoModule = {
  name: 'stripe-mock',
  module: 'github.com/stripe/stripe-mock',
  version: 'v0.203.0',
}

export const NATS_SERVER: GoModule = {
  name: 'nats-server',
  module: 'github.com/nats-io/nats-server/v2',
  version: 'v2.10.22',
}

/** The path of the program when it is built. */
export function installedModule(module: GoModule): string | undefined {
  const path = pathOf(module)
  return existsSync(path) ? path : undefined
}

/** Builds the program with Go unless it is there, in seconds, checked against Go's checksum database. @returns its path */
export async function installModule(module: GoModule): Promise<string> {
  const path = pathOf(module)
  if (existsSync(path)) return path
  const go = goProgram()
  if (!go) throw new Error(`building ${module.name} needs a newer Go than is installed here, if one is`)

  const unfinished = `${dirname(path)}.${process.pid}`
  atExit(() => rmSync(unfinished, { recursive: true, force: true }))
  await runProcess(go, ['install', `${module.module}@${module.version}`], {
    cwd: '/',
    env: { GOBIN: unfinished, CGO_ENABLED: '0' },
  })
  mkdirSync(dirname(path), { recursive: true })
  renameSync(join(unfinished, module.name), path)
  return path
}

function pathOf({ name, version }: GoModule): string {
  return join(import.meta.dirname, '../../.cache', name, version, name)
}
