import { randomUUID } from 'node:crypto'
import { parseConfig } from '../../lib/config.ts'
import { findClaimSource } from '../../lib/identity/claim-source.ts'
import { provisionUser } from '../../lib/identity/provision-user.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { freePort } from '../parts/free-port.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { compareLatencies } from './compare-latencies.ts'
import { type Engine, openEngine } from './engine.ts'
import { requestText } from './load.ts'
import { type Programs, startFloor, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'

const USERS = 200
const PER_SECOND = 200
const BEARER = 'bench-hydra-login-token'
const SCOPES = ['openid', 'offline_access', 'email', 'profile', 'groups', 'roles']

/** Time that Hydra waits for a token hook at a fixed rate. */
export async function benchTokenHookLatency(
  programs: Programs,
  engine: Engine,
  quantile: number,
): Promise<BenchResult> {
  const { ours, floor, source, stop } = await startSides(programs, engine)
  try {
    return await compareLatencies(
      `token hook at ${PER_SECOND}/s, p${quantile * 100}, ${engine} / the same floor`,
      { atLeast: 0.6 },
      { perSecond: PER_SECOND, quantile },
      { port: ours, source },
      { port: floor, source },
    )
  } finally {
    await stop()
  }
}

async function startSides(programs: Programs, engine: Engine) {
  const opened = await openEngine(engine)
  const settings = {
    kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
    database: opened.database,
    hydra: { hydraLoginToken: BEARER },
    authlance: { autoCreateGroup: true },
  }
  const port = await freePort()
  const ours = await startProduct(programs, { ...settings, mailAuth: { host: '127.0.0.1', port } })
  const { config } = parseConfig({ jwtKey: JWT_KEY, ...settings }, { env: {} })
  const { identities, statement } = await makeUsers(config)
  const floor = await startFloor(programs, 'token-hook', {
    database: config.database,
    statement,
    bearer: BEARER,
  })
  return {
    ours: port,
    floor: floor.port,
    source: () => hooks(identities),
    stop: async () => {
      await Promise.all([ours.stop(), floor.stop()])
      await opened.stop()
    },
  }
}

/** Users with a verified address and a group, and the statement by which the product reads one. */
async function makeUsers(config: ReturnType<typeof parseConfig>['config']) {
  const statements: string[] = []
  const { db, close } = openDatabase(config, { onQuery: ({ query }) => statements.push(query.sql) })
  const identities = Array.from({ length: USERS }, () => randomUUID())
  for (const [index, identity] of identities.entries()) {
    const traits = {
      email: `bench-${index}@example.com`,
      first_name: 'Ada',
      last_name: 'Lovelace',
      verified: 1,
    }
    const trace = { requestId: 'bench', traceparent: '' }
    await provisionUser({ db, config }, { identity, traits, fromKratos: true }, Date.now(), trace)
  }
  await findClaimSource(db, 'nobody')
  await close()
  return { identities, statement: statements.at(-1)! }
}

/** Requests for one user after the other, as Hydra sends them. */
function hooks(identities: string[]): () => string {
  const headers = { authorization: `Bearer ${BEARER}` }
  const texts = identities.map((subject) =>
    requestText('POST', '/authlance/identity/token_hook', headers, {
      session: {
        id_token: {
          id_token_claims: { iss: 'http://hydra', sub: subject, aud: ['app'], ext: { sid: randomUUID() } },
          headers: { extra: {} },
          username: '',
          subject,
        },
        extra: {},
        client_id: 'app',
        consent_challenge: randomUUID(),
      },
      request: {
        client_id: 'app',
        requested_scopes: SCOPES,
        granted_scopes: SCOPES,
        granted_audience: [],
        grant_types: ['refresh_token'],
        payload: { grant_type: ['refresh_token'] },
      },
    }),
  )
  let next = 0
  return () => texts[next++ % texts.length]!
}
