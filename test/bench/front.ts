import { JWT_KEY } from '../parts/gateway.ts'
import { startNginx } from '../parts/nginx.ts'
import { compareRates, type Side } from './compare-rates.ts'
import { requestText } from './load.ts'
import { type Programs, type Server, startFloor } from './programs.ts'
import type { BenchResult } from './result.ts'
import { startStubbedProduct } from './stubbed-product.ts'

/** What the container's nginx costs: a signed-in read through it, against the same read at the service's own port. */
export async function benchFront(programs: Programs): Promise<BenchResult> {
  const { product, sessions, stop } = await startStubbedProduct(programs, 'SQLite')
  const front = await behindNginx(product)
  try {
    const requests = readsOf(sessions)
    return await compareRates(
      'my-groups, nginx + service / service alone',
      { atLeast: 0.6 },
      front.side(requests),
      { port: product.port, pids: [product.pid], requests },
    )
  } finally {
    await front.stop()
    await stop()
  }
}

/** The container as a whole: a signed-in read, against a bare Hono handler that verifies and reads behind the same nginx. */
export async function benchFrontFloor(programs: Programs): Promise<BenchResult> {
  const { product, sessions, stop, database, statement } = await startStubbedProduct(programs, 'SQLite')
  const bare = await startFloor(programs, 'my-groups', { database, statement, jwtKey: JWT_KEY })
  const [ours, floor] = [await behindNginx(product), await behindNginx(bare)]
  try {
    const requests = readsOf(sessions)
    return await compareRates(
      'my-groups, nginx + service / nginx + Hono',
      { atLeast: 0.6 },
      ours.side(requests),
      floor.side(requests),
    )
  } finally {
    await Promise.all([ours.stop(), floor.stop()])
    await bare.stop()
    await stop()
  }
}

async function behindNginx(server: Server) {
  const nginx = await startNginx({ apiUrl: `http://127.0.0.1:${server.port}` })
  return {
    side: (requests: string[]): Side => ({ port: nginx.port, pids: [server.pid], requests }),
    stop: () => nginx.stop(),
  }
}

function readsOf(sessions: { token: string }[]): string[] {
  const path = '/authlance/identity/api/v1/profile/my-groups/me'
  return sessions.map(({ token }) => requestText('GET', path, { authorization: `Bearer ${token}` }))
}
