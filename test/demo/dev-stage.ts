import { tempDir } from '../parts/temp-dir.ts'
import { startDev } from '../runtime/dev/start-dev.ts'
import { EVENT_LIMIT_MS, isAbout, type Stage, type Tenant, type TenantEvent } from './stage.ts'
import { Surprise } from './surprise.ts'

/** A development stack of its own, gone when the story is over. */
export async function startDevStage(): Promise<Stage> {
  const dev = await startDev(tempDir('demo'))
  return {
    url: dev.url,
    parts: ['SQLite', 'a bus within the process', 'the Ory emulator'],
    events: (about, wanted) => liveEvents(dev.url, about, wanted),
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
    stop: async () => {},
  }
}

/** Every event stands in the outbox before the answer that caused it, so the first look finds all. */
async function liveEvents(url: string, about: Tenant, wanted: string[]): Promise<TenantEvent[] | undefined> {
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
  const told = [...found.values()]
  const missing = wanted.filter((subject) => !told.some((event) => event.subject === subject))
  if (missing.length) throw new Surprise(`no ${missing.join(', ')} was told`)
  return told
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
