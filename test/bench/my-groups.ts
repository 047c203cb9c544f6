import { JWT_KEY } from '../parts/gateway.ts'
import { compareRates } from './compare-rates.ts'
import type { Engine } from './engine.ts'
import { requestText } from './load.ts'
import { type Programs, startFloor } from './programs.ts'
import type { BenchResult } from './result.ts'
import { startStubbedProduct } from './stubbed-product.ts'

/** A signed-in read with the token in the header, against a bare Hono handler that verifies it and makes the same read. */
export async function benchMyGroups(programs: Programs, engine: Engine): Promise<BenchResult> {
  const { product, sessions, stop, database, statement } = await startStubbedProduct(programs, engine)
  const floor = await startFloor(programs, 'my-groups', { database, statement, jwtKey: JWT_KEY })
  try {
    const path = '/authlance/identity/api/v1/profile/my-groups/me'
    const requests = sessions.map(({ token }) =>
      requestText('GET', path, { authorization: `Bearer ${token}` }),
    )
    return await compareRates(
      `my-groups, ${engine} / Hono + verify + read`,
      { atLeast: 0.6 },
      { port: product.port, pids: [product.pid], requests },
      { port: floor.port, pids: [floor.pid], requests },
    )
  } finally {
    await floor.stop()
    await stop()
  }
}
