import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listTree } from './build-context.ts'

export interface TreeSize {
  bytes: number
  files: number
  /** Debian packages, and directories of what none of them brought, the largest first. */
  parts: Array<{ name: string; bytes: number }>
}

/** What the files of a Debian tree weigh, each counted by its own length. */
export function measureTree(root: string): TreeSize {
  const owners = packageOfEachFile(root)
  const parts = new Map<string, number>()
  const inodes = new Set<number>()
  let bytes = 0
  let files = 0
  for (const path of listTree(root)) {
    const { size, ino, nlink } = lstatSync(join(root, path))
    files++
    if (nlink > 1 && inodes.has(ino)) continue
    inodes.add(ino)
    const name = owners.get(path) ?? placeOf(path)
    parts.set(name, (parts.get(name) ?? 0) + size)
    bytes += size
  }
  const sorted = [...parts].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes)
  return { bytes, files, parts: sorted }
}

/** Debian moved /bin, /lib and /sbin below /usr, but its lists still have some files in the former place. */
function packageOfEachFile(root: string): Map<string, string> {
  const directory = join(root, 'var/lib/dpkg/info')
  const lists = readdirSync(directory).filter((name) => name.endsWith('.list'))
  return new Map(
    lists.flatMap((list) => {
      const name = list.replace(/(:\w+)?\.list$/, '')
      const paths = readFileSync(join(directory, list), 'utf8').split('\n')
      return paths.map(
        (path) => [path.slice(1).replace(/^(bin|lib\w*|sbin)\//, 'usr/$1/'), `package ${name}`] as const,
      )
    }),
  )
}

/** Programs by themselves, the rest by three directories. */
function placeOf(path: string): string {
  if (/^usr\/(local\/)?bin\//.test(path)) return `/${path}`
  return `/${path.split('/').slice(0, -1).slice(0, 3).join('/')}`
}
