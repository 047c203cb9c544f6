import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { isAvailable } from '../parts/available.ts'
import { foundStage, startDevStage } from './dev-stage.ts'
import { createNarrator } from './narrator.ts'
import type { Stage } from './stage.ts'
import { tellStory } from './story.ts'

const USAGE = `usage: npm run demo -- [--ory | --url URL]

  --ory      play against a real Kratos, NATS and MariaDB
  --url URL  play against a product that runs already, such as npm run dev`

const { ory, url } = readArguments()
const narrator = createNarrator(
  (line) => console.log(line),
  process.stdout.isTTY === true && pc.isColorSupported,
)
const startedAt = performance.now()
let stage: Stage | undefined
try {
  stage = await openStage()
  narrator.title(`From a sign-in to a paid plan, at ${stage.url}`, stage.parts)
  await tellStory(stage, narrator)
  narrator.end(`no surprise in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
} catch (error) {
  narrator.surprise(error instanceof Error ? `surprise: ${error.message}` : String(error))
  process.exitCode = 1
} finally {
  await stage?.stop()
}
process.exit()

async function openStage(): Promise<Stage> {
  if (url) return foundStage(url.replace(/\/$/, ''))
  if (!ory) return startDevStage()
  for (const part of ['kratos', 'nats'] as const) {
    if (!isAvailable(part))
      throw new Error(`${part} is missing: run npm test once, which installs it, or leave --ory out`)
  }
  const { startOryStage } = await import('./ory-stage.ts')
  return startOryStage()
}

function readArguments(): { ory: boolean; url?: string } {
  try {
    const { values } = parseArgs({
      options: {
        ory: { type: 'boolean', default: false },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    if (values.ory && values.url !== undefined) throw new Error('--ory and --url exclude each other')
    if (values.url !== undefined && !URL.canParse(values.url)) throw new Error('--url takes a URL')
    return values
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}
