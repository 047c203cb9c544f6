import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProcess } from './process.ts'
import { tempDir } from './temp-dir.ts'

export const COMPOSE = fileURLToPath(new URL('../../docker/compose', import.meta.url))

export interface ComposeSetup {
  /** A copy of `docker/compose` with `.env` and `rendered/`. */
  dir: string
  env: Record<string, string>
  /** A file as its program reads it: rendered where it is a template. */
  read(path: string): string
}

/** Does what an operator does: makes the secrets and renders the templates, in a copy. @param settings of `.env` */
export async function setUpCompose(settings: Record<string, string> = {}): Promise<ComposeSetup> {
  const dir = join(tempDir('compose'), 'compose')
  cpSync(COMPOSE, dir, { recursive: true })
  const template = readFileSync(join(dir, '.env.template'), 'utf8')
  const text = Object.entries(settings).reduce(
    (lines, [name, value]) => lines.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
    template,
  )
  writeFileSync(join(dir, '.env'), text)
  await runProcess(join(dir, 'make-secrets.sh'), [])
  await runProcess(join(dir, 'render.sh'), [])
  const read = (path: string) => readFileSync(join(dir, path), 'utf8')
  return { dir, env: envOf(read('.env')), read }
}

/** The variables of an `.env` file. */
export function envOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z]\w*)=(.*)$/gm)].map(([, name, value]) => [name, value!]),
  )
}
