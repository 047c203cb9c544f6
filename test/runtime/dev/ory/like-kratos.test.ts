import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../../../parts/available.ts'
import { startEmulatorTarget } from './emulator-target.ts'
import { startKratosTarget } from './kratos-target.ts'
import { playStory } from './play-story.ts'
import { readRecording } from './recordings.ts'
import { stories } from './stories/index.ts'
import type { Target } from './target.ts'

const lacksKratos = requirePart('kratos')
if (lacksKratos) {
  process.stdout.write(
    'like-kratos: neither Kratos nor Go is here, so the emulator meets the recordings alone\n',
  )
}

/** The same scripts, once against the emulator and once against Kratos 1.3.1, give the same answers. */
describe.each([
  { name: 'the emulator', start: async () => startEmulatorTarget(), skip: false },
  { name: 'Kratos 1.3.1', start: startKratosTarget, skip: lacksKratos },
])('$name answers as recorded from Kratos 1.3.1', ({ start, skip }) => {
  let target: Target
  beforeAll(async () => {
    if (!skip) target = await start()
  }, 300_000)
  afterAll(() => target?.close())

  it.skipIf(skip).each(stories)('$name', { timeout: 60_000 }, async (story) => {
    const recording = readRecording(story.name)
    expect(recording, 'run record.ts for this story').toBeDefined()

    const exchanges = await playStory(story, target)

    expect(exchanges.map(({ request }) => request)).toEqual(recording!.map(({ request }) => request))
    for (const [index, exchange] of exchanges.entries()) {
      expect(exchange, `exchange ${index}: ${exchange.request}`).toEqual(recording![index])
    }
  })

  it.skipIf(skip)('lists identities page by page, each of them once', { timeout: 60_000 }, async () => {
    const made = new Set<string>()
    for (let count = 0; count < 5; count += 1)
      made.add(await createIdentity(target, `page${count}@example.com`))

    const listed: string[] = []
    let next: string | undefined = '/admin/identities?page_size=2'
    while (next) {
      const response: Response = await target.adminFetch(new Request(`${target.adminUrl}${next}`))
      const identities = (await response.json()) as { id: string }[]
      expect(identities.length).toBeLessThanOrEqual(2)
      listed.push(...identities.map(({ id }) => id))
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
    }

    expect(listed.filter((id) => made.has(id)).sort()).toEqual([...made].sort())
    expect(new Set(listed).size).toBe(listed.length)
  })
})

async function createIdentity(target: Target, email: string): Promise<string> {
  const request = new Request(`${target.adminUrl}/admin/identities`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema_id: 'default', traits: { email } }),
  })
  const response = await target.adminFetch(request)
  expect(response.status).toBe(201)
  return ((await response.json()) as { id: string }).id
}
