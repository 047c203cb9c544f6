import { JWT_KEY } from '../parts/gateway.ts'
import { compareRates } from './compare-rates.ts'
import type { Engine } from './engine.ts'
import { type Programs, startFloor } from './programs.ts'
import type { BenchResult } from './result.ts'
import { exchangeText } from './sessions.ts'
import { startStubbedProduct } from './stubbed-product.ts'

/** Renewals over a Kratos without latency, against a bare Hono handler that makes the same calls. */
export async function benchRenewal(programs: Programs, engine: Engine): Promise<BenchResult> {
  const { product, sessions, stop, ...shared } = await startStubbedProduct(programs, engine)
  const payload = sessions[0]!.token.split('.')[1]!
  const floor = await startFloor(programs, 'renewal', {
    ...shared,
    jwtKey: JWT_KEY,
    payloadBytes: Buffer.from(payload, 'base64url').length,
  })
  try {
    const requests = sessions.map(exchangeText)
    return await compareRates(
      `renewal, ${engine} / Hono + fetch + read + sign`,
      { atLeast: 0.7 },
      { port: product.port, pids: [product.pid], requests },
      { port: floor.port, pids: [floor.pid], requests },
    )
  } finally {
    await floor.stop()
    await stop()
  }
}
