import { setTimeout as sleep } from 'node:timers/promises'
import { tempDir } from '../parts/temp-dir.ts'
import { startDev } from '../runtime/dev/start-dev.ts'
import { devShop } from './dev-shop.ts'
import { EVENT_LIMIT_MS, isAbout, missing, type Stage, type Tenant, type TenantEvent } from './stage.ts'
import { Surprise } from './surprise.ts'

/** A development stack of its own, gone when the story is over. */
export async function startDevStage(): Promise<Stage> {
  const dev = await startDev(tempDir('demo'))
  return {
    url: dev.url,
    parts: ['SQLite', 'a bus within the process', 'the Ory emulator', 'a stand-in for Stripe'],
    events: (about, wanted) => liveEvents(dev.url, about, wanted),
    shop: () => devShop(dev.url),
    async stop() {
      await dev.stop()
    },
  }
}

/** Something that runs already; it tells its events only when it is a development stack. */
export function foundStage(url: string): Stage {
  return {
    url,
    parts: [],
    events: (about, wanted) => liveEvents(url, about, wanted),
    shop: () => devShop(url),
    stop: async () => {},
  }
}

/** What a request causes stands in the outbox before its answer; what Stripe causes comes a little later. */
async function liveEvents(url: string, about: Tenant, wanted: string[]): Promise<TenantEvent[] | undefined> {
  for (const deadline = Date.now() + EVENT_LIMIT_MS; ; await sleep(100)) {
    const told = await pastEvents(url, about)
    const absent = told ? missing(wanted, told) : []
    if (!absent.length) return told
    if (Date.now() > deadline) throw new Surprise(`no ${absent.join(', ')} was told`)
  }
}

async function pastEvents(url: string, about: Tenant): Promise<TenantEvent[] | undefined> {
  const response = await fetch(`${url}/dev/events`, { signal: AbortSignal.timeout(EVENT_LIMIT_MS) })
  if (response.status !== 200) return undefined

  const found = new Map<string, TenantEvent>()
  for await (const frame of framesIn(response)) {
    const [, kind, data] = /^event: (\w+)\ndata: (.*)$/m.exec(frame) ?? []
    if (kind === 'ready') break
    if (kind !== 'event') continue
    const { id, subject, message } = JSON.parse(data!)
    if (isAbout(message, about)) found.set(id, { id, subject, time: message.time, seq: message.seq })
  }
  return [...found.values()]
}

async function* framesIn(response: Response): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const frames = text.split('\n\n')
    text = frames.pop()!
    yield* frames
  }
}
