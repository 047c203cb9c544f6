import { randomUUID } from 'node:crypto'
import { freePort } from '../parts/free-port.ts'
import { type Engine, openEngine } from './engine.ts'
import { measureLatencies, requestText } from './load.ts'
import { type Programs, startProduct } from './programs.ts'
import { type BenchResult, compared } from './result.ts'

const PER_SECOND = 100
const CONNECTIONS = 32
const ROUND_MS = 4000
const ROUNDS = 5
/** What a person who registers may wait for us. */
const LIMIT_MS = 50
const CREDENTIALS = { user: 'mail', password: 'mail-password' }

/** The slowest hundredth of registration hooks at a fixed rate, each of somebody new who gets a group, against the limit. */
export async function benchRegisterHook(programs: Programs, engine: Engine): Promise<BenchResult> {
  const { database, stop } = await openEngine(engine)
  const port = await freePort()
  const server = await startProduct(programs, {
    kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
    database,
    authlance: { autoCreateGroup: true },
    mailAuth: { host: '127.0.0.1', port, ...CREDENTIALS },
  })
  const measure = async () => {
    const load = { perSecond: PER_SECOND, durationMs: ROUND_MS, connections: CONNECTIONS }
    const latencies = await measureLatencies(port, registration, load)
    return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)]!
  }
  try {
    await measure()
    const rounds: { ours: number; floor: number }[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push({ ours: await measure(), floor: LIMIT_MS })
    return compared(`register hook at ${PER_SECOND}/s, p99, ${engine} / limit`, 'ms', { atMost: 1 }, rounds)
  } finally {
    await server.stop()
    await stop()
  }
}

function registration(): string {
  const id = randomUUID()
  const { user, password } = CREDENTIALS
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const body = { id, email: `${id}@example.com`, name: { first: 'Ada', last: 'Lovelace' } }
  return requestText('POST', '/authlance/identity/email/register', { authorization }, body)
}
