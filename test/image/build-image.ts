import { join } from 'node:path'
import { addNode, describeNode, makeDebianRoot } from './base-root.ts'
import { hashFiles } from './build-context.ts'
import { copyFromStage, copyStep, type Step } from './copy-step.ts'
import type { LayerStore, Layers } from './layer-store.ts'
import type { Instruction, Stage } from './read-dockerfile.ts'
import { runStep } from './run-step.ts'

export interface Image {
  layers: Layers
  workingDirectory: string
  user: string
  entrypoint: string[]
  healthCheck: string[]
}

/**
 * Takes the steps of a Dockerfile without a container engine. The base images are stood in for: Debian by debootstrap, and Node by this
 * checkout's.
 * @param context directory of what is copied
 * @param scratch an empty place for mounts
 */
export async function buildImage(
  stages: Stage[],
  context: string,
  store: LayerStore,
  scratch: string,
): Promise<Image> {
  const named = new Map<string, Image>()
  let image: Image | undefined
  for (const stage of stages) {
    image = await buildStage(stage, { context, store, scratch, named })
    if (stage.name) named.set(stage.name, image)
  }
  if (!image) throw new Error('the Dockerfile has no stage')
  store.prune()
  return image
}

interface Surroundings {
  context: string
  store: LayerStore
  scratch: string
  named: Map<string, Image>
}

async function buildStage(stage: Stage, { context, store, scratch, named }: Surroundings): Promise<Image> {
  const image: Image = {
    layers: await standIn(stage.image, store),
    workingDirectory: '/',
    user: '0:0',
    entrypoint: [],
    healthCheck: [],
  }
  for (const instruction of stage.instructions) {
    const { name, flags, value } = instruction
    switch (name) {
      case 'WORKDIR':
        image.workingDirectory = value
        break
      case 'USER':
        image.user = value
        break
      case 'ENTRYPOINT':
        image.entrypoint = JSON.parse(value)
        break
      case 'HEALTHCHECK':
        image.healthCheck = JSON.parse(value.replace(/^CMD /, ''))
        break
      case 'COPY': {
        const from = flags.from === undefined ? undefined : named.get(flags.from)
        if (flags.from && !from) throw new Error(`COPY: there is no stage ${flags.from}`)
        const step = from
          ? copyFromStage(value, image.workingDirectory, from.layers, join(scratch, 'from'))
          : copyStep(value, image.workingDirectory, context)
        image.layers = await store.add(image.layers, title(instruction), step)
        break
      }
      case 'RUN':
        image.layers = await store.add(
          image.layers,
          title(instruction),
          runStep(instruction, image.workingDirectory, context),
        )
        break
      case 'LABEL':
      case 'EXPOSE':
      case 'STOPSIGNAL':
        break
      default:
        throw new Error(`${name} is not understood here`)
    }
  }
  return image
}

async function standIn(image: string, store: LayerStore): Promise<Layers> {
  const key = hashFiles(import.meta.dirname, ['base-root.ts'])
  const debian: Step = { key, make: makeDebianRoot }
  const layers = await store.add([], 'debootstrap in place of debian:bookworm-slim', debian)
  if (image.startsWith('debian:bookworm-')) return layers
  if (!image.startsWith('node:') || !image.includes('-bookworm-slim'))
    throw new Error(`there is no stand-in for ${image}`)
  const node: Step = { key, make: async (root) => addNode(root) }
  return store.add(layers, `${describeNode()} of this machine in place of ${image.replace(/@.*/, '')}`, node)
}

function title({ name, flags, value }: Instruction): string {
  return [name, ...(flags.from ? [`--from=${flags.from}`] : []), value].join(' ')
}
