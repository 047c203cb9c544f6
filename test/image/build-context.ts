import { createHash, type Hash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The files that a build may copy, relative to its directory and sorted: what .dockerignore leaves. */
export function listContext(directory: string): string[] {
  const rules = readFileSync(join(directory, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
  return listTree(directory, (path) => isIgnored(path, rules))
}

/** Files and links below a directory, relative to it and sorted. @param leaveOut a directory that it is true for is not entered */
export function listTree(directory: string, leaveOut: (path: string) => boolean = () => false): string[] {
  function below(folder: string): string[] {
    return readdirSync(join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (leaveOut(path)) return []
      return entry.isDirectory() ? below(path) : [path]
    })
  }
  return below('').sort()
}

/** A digest of names, modes and contents. */
export function hashFiles(directory: string, paths: string[], hash: Hash = createHash('sha256')): string {
  for (const path of paths) {
    const file = join(directory, path)
    const { mode } = lstatSync(file)
    const isLink = (mode & 0o170000) === 0o120000
    hash.update(`${path}\0${mode}\0`).update(isLink ? readlinkSync(file) : readFileSync(file))
  }
  return hash.digest('hex')
}

/** The last rule that names a path, or a directory above it, decides; `*` alone is the only pattern that is understood. */
function isIgnored(path: string, rules: string[]): boolean {
  let ignored = false
  for (const rule of rules) {
    const takesBack = rule.startsWith('!')
    const name = takesBack ? rule.slice(1) : rule
    if (name !== '*' && /[*?[]/.test(name)) throw new Error(`.dockerignore: ${rule} is not understood here`)
    if (name === '*' || path === name || path.startsWith(`${name}/`)) ignored = !takesBack
  }
  return ignored
}
