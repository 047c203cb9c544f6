import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startKratosTarget } from './kratos-target.ts'
import { playStory } from './play-story.ts'
import { recordingPath } from './recordings.ts'
import { stories } from './stories/index.ts'

/** Writes what the real Kratos answers, for machines that have none: `node test/runtime/dev/ory/record.ts [name]`. */
const target = await startKratosTarget()
const wanted = process.argv[2]
try {
  for (const story of stories) {
    if (wanted && !story.name.includes(wanted)) continue
    const path = recordingPath(story.name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, `${JSON.stringify(await playStory(story, target), null, 1)}\n`)
    process.stdout.write(`${story.name}\n`)
  }
} finally {
  await target.close()
}
