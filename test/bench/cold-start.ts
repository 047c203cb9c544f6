import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../parts/free-port.ts'
import { writeConfig } from '../parts/gateway.ts'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { isLive, type Programs } from './programs.ts'
import { type BenchResult, compared } from './result.ts'

const ROUNDS = 9
const POLL_MS = 2

/**
 * From the start of `node` to the first 200 of `/livez`, against a bare Hono bundle. The product's database is there already, as
 * at every start but the first.
 */
export async function benchColdStart({ product, floor }: Programs): Promise<BenchResult> {
  const [ours, least] = [await freePort(), await freePort()]
  const upstream = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const database = { file: join(tempDir('bench'), 'authlance.sqlite') }
  const config = writeConfig({ debug: false, port: ours, kratos: upstream, database })
  const startOurs = () => timeToAnswer([product, 'serve', '--config', config], ours)
  const startLeast = () => timeToAnswer([floor('hello'), JSON.stringify({ port: least })], least)

  // The first starts migrate the database and fill the page cache.
  await startOurs()
  await startLeast()
  const rounds: { ours: number; floor: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ ours: await startOurs(), floor: await startLeast() })
  }
  return compared('cold start / bare Hono bundle', 'ms', { atMost: 1.5 }, rounds)
}

async function timeToAnswer(args: string[], port: number): Promise<number> {
  const startedAt = performance.now()
  const server = startProcess(process.execPath, args, {
    env: { NODE_ENV: 'production' },
    discardStdout: true,
  })
  while (!(await isLive(port).catch(() => false))) {
    if (performance.now() - startedAt > 20_000) throw new Error(`no answer in 20 s:\n${server.output()}`)
    await sleep(POLL_MS)
  }
  const ms = performance.now() - startedAt
  await server.stop()
  return ms
}
