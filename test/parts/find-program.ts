import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where servers and Go live on systems that leave them out of an ordinary user's PATH. */
const EXTRA_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/local/go/bin']

/** The path of the first of these programs that is installed. */
export function findProgram(...names: string[]): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA_DIRECTORIES]
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable)
}

/** As findProgram. @throws when none is installed */
export function programPath(...names: string[]): string {
  const path = findProgram(...names)
  if (!path) throw new Error(`${names.join(' or ')} is not installed`)
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
