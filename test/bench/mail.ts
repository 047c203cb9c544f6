import { freePort } from '../parts/free-port.ts'
import { codeMail } from '../parts/mail-courier.ts'
import { compareRates } from './compare-rates.ts'
import { type Engine, openEngine } from './engine.ts'
import { requestText } from './load.ts'
import { type Programs, startFloor, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'

const CONNECTIONS = 64
const CREDENTIALS = { user: 'mail', password: 'mail-password' }
const PATH = '/authlance/identity/email'

/** Mails taken in a second, each with a code of its own, against a bare Hono handler with the same credentials and one insert. */
export async function benchMail(programs: Programs, engine: Engine): Promise<BenchResult> {
  const [forOurs, forFloor] = await Promise.all([openEngine(engine), openEngine(engine)])
  const port = await freePort()
  const ours = await startProduct(programs, {
    kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
    database: forOurs.database,
    mailAuth: { host: '127.0.0.1', port, ...CREDENTIALS },
  })
  const floor = await startFloor(programs, 'mail', {
    database: { poolSize: 10, ...forFloor.database },
    credentials: `${CREDENTIALS.user}:${CREDENTIALS.password}`,
  })
  try {
    const requests = Array.from({ length: CONNECTIONS }, () => mails())
    return await compareRates(
      `mail, ${engine} / Hono + Basic + insert`,
      { atLeast: 0.6 },
      { port, pids: [ours.pid], requests },
      { port: floor.port, pids: [floor.pid], requests },
    )
  } finally {
    await Promise.all([ours.stop(), floor.stop()])
    await Promise.all([forOurs.stop(), forFloor.stop()])
  }
}

/** Makes one mail after the other, as they go over the wire. */
function mails(): () => string {
  const authorization = `Basic ${btoa(`${CREDENTIALS.user}:${CREDENTIALS.password}`)}`
  return () => requestText('POST', PATH, { authorization }, JSON.stringify(codeMail(crypto.randomUUID())))
}
