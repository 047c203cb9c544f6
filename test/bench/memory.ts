import { setTimeout as sleep } from 'node:timers/promises'
import { requestText, sendAll } from './load.ts'
import { type Programs, residentMiB, type Server, startFloor } from './programs.ts'
import { type BenchResult, compared } from './result.ts'
import { startStubbedProduct } from './stubbed-product.ts'

const REQUESTS = 100_000
const CONNECTIONS = 64
const SETTLE_MS = 3000

/** Memory of a server that has just started and has nothing to do, against a bare Hono server. */
export async function benchMemoryAtRest(programs: Programs): Promise<BenchResult> {
  const { product, stop } = await startStubbedProduct(programs, 'SQLite')
  const floor = await startFloor(programs, 'hello')
  try {
    const round = { ours: await settled(product), floor: await settled(floor) }
    return compared('memory at rest / bare Hono', 'MiB', { atMost: 2 }, [round])
  } finally {
    await floor.stop()
    await stop()
  }
}

/** Memory after 100,000 signed-in reads, against what the server held after as many before: the heap has its size by then. */
export async function benchMemoryAfter(programs: Programs): Promise<BenchResult> {
  const { product, sessions, stop } = await startStubbedProduct(programs, 'SQLite')
  try {
    const path = '/authlance/identity/api/v1/profile/my-groups/me'
    const texts = sessions.map(({ token }) => requestText('GET', path, { authorization: `Bearer ${token}` }))
    let sent = 0
    const next = () => texts[sent++ % texts.length]!
    const load = () => sendAll(product.port, next, { count: REQUESTS, connections: CONNECTIONS })
    await load()
    const warm = await settled(product)
    await load()
    const round = { ours: await settled(product), floor: warm }
    const name = `memory after ${REQUESTS} requests / after as many before`
    return compared(name, 'MiB', { atMost: 1.1 }, [round])
  } finally {
    await stop()
  }
}

async function settled({ pid }: Server): Promise<number> {
  await sleep(SETTLE_MS)
  return residentMiB(pid)
}
