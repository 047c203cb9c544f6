import { join } from 'node:path'
import { startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { compareRates } from './compare-rates.ts'
import { requestText } from './load.ts'
import { type Programs, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'
import { exchange, exchangeText, type Session } from './sessions.ts'

const CONNECTIONS = 64

/** Renewals over a real Kratos, against plain `whoami` calls to the same Kratos. */
export async function benchKratosRenewal(programs: Programs): Promise<BenchResult> {
  const kratos = await startKratos()
  const database = { file: join(tempDir('bench'), 'authlance.sqlite') }
  const upstream = { url: kratos.publicUrl, adminUrl: kratos.adminUrl }
  const product = await startProduct(programs, { kratos: upstream, database })
  try {
    const sessions: Session[] = []
    for (let count = 0; count < CONNECTIONS; count++) {
      const { sid, sessionToken } = await registerUser(kratos.publicUrl)
      sessions.push({ sid, headers: { 'x-session-token': sessionToken } })
    }
    for (const session of sessions) await exchange(product.port, session)

    const whoamis = sessions.map(({ headers }) => requestText('GET', '/sessions/whoami', headers))
    return await compareRates(
      'renewal, real Kratos / plain whoami',
      { atLeast: 0.9 },
      { port: product.port, pids: [product.pid, kratos.pid], requests: sessions.map(exchangeText) },
      { port: Number(new URL(kratos.publicUrl).port), pids: [kratos.pid], requests: whoamis },
    )
  } finally {
    await product.stop()
    await kratos.stop()
  }
}
