import { readFileSync } from 'node:fs'
import { JWT_KEY } from '../parts/gateway.ts'
import { startNginx } from '../parts/nginx.ts'
import { compareRates, type Side } from './compare-rates.ts'
import { openEngine } from './engine.ts'
import { requestText } from './load.ts'
import { type Programs, type Server, startFloor, startProduct } from './programs.ts'
import type { Aim, BenchResult } from './result.ts'
import { exchange, ORIGIN, stubSessions } from './sessions.ts'

const WORKERS = 2

/**
 * Signed-in reads through nginx from `serve --workers 2`, against what it stands for: two processes among which nginx chooses, or
 * one process alone. On two cores nginx, the database and the load itself take their share.
 */
export async function benchWorkers(
  programs: Programs,
  against: 'as many processes' | 'one process',
): Promise<BenchResult> {
  const [{ database, stop: stopDatabase }, whoami] = await Promise.all([
    openEngine('MariaDB'),
    startFloor({ ...programs, nodeArgs: [] }, 'whoami'),
  ])
  const kratosUrl = `http://127.0.0.1:${whoami.port}`
  const config = {
    jwtKey: JWT_KEY,
    allowedOrigins: [ORIGIN],
    authlance: { autoCreateGroup: true },
    trustedProxies: ['127.0.0.1'],
    kratos: { url: kratosUrl, adminUrl: kratosUrl },
    database,
  }
  const workers = await startProduct(programs, config, ['--workers', String(WORKERS)])
  const singles: Server[] = []
  for (let count = 0; count < (against === 'one process' ? 1 : WORKERS); count++) {
    singles.push(await startProduct(programs, config))
  }
  const fronts = await Promise.all([frontOf([workers]), frontOf(singles)])
  try {
    const requests: string[] = []
    for (const session of stubSessions()) {
      const { token } = await exchange(workers.port, session)
      const path = '/authlance/identity/api/v1/profile/my-groups/me'
      requests.push(requestText('GET', path, { authorization: `Bearer ${token}` }))
    }
    const side = (port: number, servers: Server[]): Side => ({
      port,
      pids: servers.flatMap(({ pid }) => [pid, ...childrenOf(pid)]),
      requests,
    })
    const aim: Aim = { atLeast: against === 'one process' ? 1 : 0.85 }
    const ours = side(fronts[0].port, [workers])
    return await compareRates(
      `${WORKERS} workers / ${against}, behind nginx`,
      aim,
      ours,
      side(fronts[1].port, singles),
    )
  } finally {
    await Promise.all([...fronts, workers, ...singles, whoami].map((server) => server.stop()))
    await stopDatabase()
  }
}

function frontOf(servers: Server[]) {
  return startNginx({ apiUrl: servers.map(({ port }) => `http://127.0.0.1:${port}`) })
}

/** Empty where the system does not tell. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
