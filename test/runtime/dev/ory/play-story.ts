import { createRecorder, type Exchange } from './recorder.ts'
import type { Story } from './story.ts'
import type { Target } from './target.ts'

/** Runs a story and answers every exchange in comparable form. */
export async function playStory(story: Story, target: Target): Promise<Exchange[]> {
  const { exchanges, person, admin } = createRecorder(target)
  await story.run({ person, admin, target })
  return exchanges
}
