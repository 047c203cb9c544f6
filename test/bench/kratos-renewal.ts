import { join } from 'node:path'
import { startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { compareRates } from './compare-rates.ts'
import { keepApart } from './cores.ts'
import { requestText } from './load.ts'
import { type Programs, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'
import { exchange, exchangeText, type Session } from './sessions.ts'

const CONNECTIONS = 64

/**
 * Renewals over a real Kratos, against plain `whoami` calls to the same Kratos.
 * @param apart gives Kratos one core of its own in both, as if it ran elsewhere: on few cores the product otherwise takes its
 *   processor time from Kratos, and the ratio is that of their costs
 */
export async function benchKratosRenewal(programs: Programs, apart: boolean): Promise<BenchResult> {
  const kratos = await startKratos()
  const database = { file: join(tempDir('bench'), 'authlance.sqlite') }
  const upstream = { url: kratos.publicUrl, adminUrl: kratos.adminUrl }
  const product = await startProduct(programs, { kratos: upstream, database })
  const restore = apart ? keepApart(kratos.pid, product.pid) : () => undefined
  try {
    const sessions: Session[] = []
    for (let count = 0; count < CONNECTIONS; count++) {
      const { sid, sessionToken } = await registerUser(kratos.publicUrl)
      sessions.push({ sid, headers: { 'x-session-token': sessionToken } })
    }
    for (const session of sessions) await exchange(product.port, session)

    const whoamis = sessions.map(({ headers }) => requestText('GET', '/sessions/whoami', headers))
    return await compareRates(
      `renewal, real Kratos${apart ? ' on its own core' : ''} / plain whoami`,
      { atLeast: 0.9 },
      { port: product.port, pids: [product.pid, kratos.pid], requests: sessions.map(exchangeText) },
      { port: Number(new URL(kratos.publicUrl).port), pids: [kratos.pid], requests: whoamis },
    )
  } finally {
    restore()
    await product.stop()
    await kratos.stop()
  }
}
