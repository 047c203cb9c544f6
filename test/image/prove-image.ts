import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildImage, type Image } from './build-image.ts'
import { checkBackup } from './check-backup.ts'
import { checkCommands, checkContents } from './check-contents.ts'
import { checkService } from './check-service.ts'
import { createChecks } from './checks.ts'
import { createContainer } from './container.ts'
import { createLayerStore } from './layer-store.ts'
import { mountOverlay, unmount } from './mounts.ts'
import { readDockerfile } from './read-dockerfile.ts'
import { startSurroundings } from './surroundings.ts'
import { measureTree } from './tree-size.ts'

const ROOT = join(import.meta.dirname, '../..')
const CACHE = join(ROOT, '.cache/image')
const LARGEST = 10

/** Builds the image, checks it and prints what it weighs. @returns whether every check succeeded */
export async function proveImage({ fresh }: { fresh: boolean }): Promise<boolean> {
  const startedAt = performance.now()
  const scratch = join(CACHE, 'mounts')
  const layers = join(CACHE, 'layers')
  rmSync(fresh ? CACHE : scratch, { recursive: true, force: true })
  for (const path of [layers, scratch]) mkdirSync(path, { recursive: true })

  const stages = readDockerfile(readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8'))
  const store = createLayerStore(layers, console.log)
  const image = await buildImage(stages, ROOT, store, scratch)
  console.log(`\nbuilt in ${secondsSince(startedAt)}\n`)

  const checks = createChecks(console.log)
  const tree = join(scratch, 'tree')
  mountOverlay(image.layers, tree)
  await checkContents(checks, tree)
  await checkRunning(image, scratch)
  printSize(tree)
  unmount(tree)

  const failures = checks.failures()
  console.log(`\n${failures ? `${failures} FAILED` : 'all is well'}, after ${secondsSince(startedAt)}`)
  return failures === 0

  async function checkRunning(image: Image, scratch: string): Promise<void> {
    const surroundings = await startSurroundings()
    const container = createContainer(image, { scratch, configDirectory: surroundings.configDirectory })
    try {
      await checkCommands(checks, container)
      await checkService(checks, container, image, surroundings)
      await checkBackup(checks, container, surroundings)
    } finally {
      await container.remove()
      await surroundings.stop()
    }
  }
}

function printSize(tree: string): void {
  const { bytes, files, parts } = measureTree(tree)
  console.log(`\n${megabytes(bytes)} in ${files} files; what takes the most:`)
  for (const part of parts.slice(0, LARGEST))
    console.log(`${megabytes(part.bytes).padStart(10)}  ${part.name}`)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
}
