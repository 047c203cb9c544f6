import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Step } from './copy-step.ts'
import { mountOverlay, unmount } from './mounts.ts'

/** Directories that lie one over the other, the lowest last. */
export type Layers = readonly string[]

export interface LayerStore {
  /** The layers with one more, found again when nothing below it and nothing it reads has changed. @param title for the report */
  add(below: Layers, title: string, step: Step): Promise<Layers>
  /** Removes the layers that nobody asked for. */
  prune(): void
}

export function createLayerStore(directory: string, report: (line: string) => void): LayerStore {
  const used = new Set<string>()
  const work = join(directory, 'work')
  rmSync(work, { recursive: true, force: true })

  async function make(below: Layers, step: Step): Promise<string> {
    const upper = join(work, 'upper')
    mkdirSync(upper, { recursive: true })
    if (below.length === 0) {
      await step.make(upper)
      return upper
    }
    const root = join(work, 'root')
    mountOverlay(below, root, { upper, work: join(work, 'overlay') })
    try {
      await step.make(root)
    } finally {
      unmount(root)
    }
    return upper
  }

  return {
    async add(below, title, step) {
      const key = createHash('sha256')
        .update(`${basename(below[0] ?? '')}\0${title}\0${step.key}`)
        .digest('hex')
        .slice(0, 24)
      used.add(key)
      const layer = join(directory, key)
      if (existsSync(layer)) {
        report(`  kept  ${title}`)
        return [layer, ...below]
      }
      const startedAt = performance.now()
      const made = await make(below, step).catch((error: Error) => {
        throw new Error(`${title} failed: ${error.message}`)
      })
      renameSync(made, layer)
      rmSync(work, { recursive: true, force: true })
      report(`${`${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(6)}  ${title}`)
      return [layer, ...below]
    },
    prune() {
      for (const entry of readdirSync(directory)) {
        if (!used.has(entry)) rmSync(join(directory, entry), { recursive: true, force: true })
      }
    },
  }
}
