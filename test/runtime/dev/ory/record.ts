import { startKratosTarget } from './kratos-target.ts'
import { playStory } from './play-story.ts'
import { writeRecording } from './recordings.ts'
import { stories } from './stories/index.ts'

/** Writes what the real Kratos answers: `node test/runtime/dev/ory/record.ts [part of a story's name]`. */
const wanted = process.argv[2] ?? ''
const target = await startKratosTarget()
try {
  for (const story of stories.filter(({ name }) => name.includes(wanted))) {
    writeRecording(story.name, await playStory(story, target))
    process.stdout.write(`${story.name}\n`)
  }
} finally {
  await target.close()
}
