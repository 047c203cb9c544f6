import { type Config, parseConfig } from '../../lib/config.ts'
import { findSession } from '../../lib/identity/principal.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { type Engine, openEngine } from './engine.ts'
import { type Programs, type Server, startFloor, startProduct } from './programs.ts'
import { type ExchangedSession, exchange, ORIGIN, stubSessions } from './sessions.ts'

/** The product over a Kratos without latency, with sessions that it knows, and what a floor needs to do the same. */
export interface StubbedProduct {
  product: Server
  sessions: ExchangedSession[]
  whoamiUrl: string
  database: Config['database']
  /** The statement by which the product reads a session, as its driver gets it. */
  statement: string
  stop(): Promise<unknown>
}

export async function startStubbedProduct(programs: Programs, engine: Engine): Promise<StubbedProduct> {
  const [{ database, stop: stopDatabase }, whoami] = await Promise.all([
    openEngine(engine),
    startFloor({ ...programs, nodeArgs: [] }, 'whoami'),
  ])
  const kratosUrl = `http://127.0.0.1:${whoami.port}`
  const settings = {
    allowedOrigins: [ORIGIN],
    authlance: { autoCreateGroup: true },
    kratos: { url: kratosUrl, adminUrl: kratosUrl },
    database,
  }
  const { config } = parseConfig({ jwtKey: JWT_KEY, ...settings }, { env: {} })
  const product = await startProduct(programs, settings)

  const sessions: ExchangedSession[] = []
  for (const session of stubSessions()) sessions.push(await exchange(product.port, session))

  return {
    product,
    sessions,
    whoamiUrl: `${kratosUrl}/sessions/whoami`,
    database: config.database,
    statement: await sessionStatement(config),
    stop: () => Promise.all([product.stop(), whoami.stop()]).then(stopDatabase),
  }
}

async function sessionStatement(config: Pick<Config, 'database'>): Promise<string> {
  const statements: string[] = []
  const { db, close } = openDatabase(config, { onQuery: ({ query }) => statements.push(query.sql) })
  await findSession(db, 'nobody')
  await close()
  return statements.at(-1)!
}
