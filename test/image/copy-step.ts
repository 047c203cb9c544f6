import { cpSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { hashFiles, listContext } from './build-context.ts'
import { mountOverlay, unmount } from './mounts.ts'

/** What makes a layer: `key` changes with whatever it reads. */
export interface Step {
  key: string
  /** @param root the tree that the step changes */
  make(root: string): Promise<void>
}

/** COPY from the build's directory. @param value sources and target as they stand in the Dockerfile */
export function copyStep(value: string, workingDirectory: string, context: string): Step {
  const { sources, target } = parse(value, workingDirectory)
  const allowed = listContext(context)
  const paths = sources.flatMap((source) => {
    const found = allowed.filter((path) => source === '.' || path === source || path.startsWith(`${source}/`))
    if (found.length === 0) throw new Error(`COPY: there is no ${source} that .dockerignore leaves`)
    return found.map((path) => ({
      path,
      into: isDirectory(join(context, source)) ? path.slice(prefix(source)) : basename(path),
    }))
  })
  return {
    key: hashFiles(
      context,
      paths.map(({ path }) => path),
    ),
    async make(root) {
      for (const { path, into } of paths) {
        const to = join(root, target, into)
        mkdirSync(dirname(to), { recursive: true })
        cpSync(join(context, path), to, { verbatimSymlinks: true })
      }
    },
  }
}

/** COPY of one file or directory from an earlier stage. @param layers of that stage, the lowest last */
export function copyFromStage(
  value: string,
  workingDirectory: string,
  layers: readonly string[],
  scratch: string,
): Step {
  const { sources, target } = parse(value, workingDirectory)
  return {
    key: layers.join(),
    async make(root) {
      mountOverlay(layers, scratch)
      try {
        for (const source of sources) {
          cpSync(join(scratch, source), join(root, target), { recursive: true, verbatimSymlinks: true })
        }
      } finally {
        unmount(scratch)
        rmSync(scratch, { recursive: true })
      }
    },
  }
}

function parse(value: string, workingDirectory: string): { sources: string[]; target: string } {
  const words = value.split(/\s+/)
  const target = resolve(workingDirectory, words.pop() ?? '.')
  return { sources: words.map((word) => word.replace(/\/$/, '')), target }
}

function isDirectory(path: string): boolean {
  return lstatSync(path).isDirectory()
}

function prefix(source: string): number {
  return source === '.' ? 0 : source.length + 1
}
