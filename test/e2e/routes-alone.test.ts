import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { buildEdge, type EdgeBuild } from '../../scripts/build/edge.ts'
import { COMPATIBILITY_DATE } from '../../scripts/build/wrangler-config.ts'
import { requirePart } from '../parts/available.ts'
import { JWT_KEY } from '../parts/gateway.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type PlanetScaleStandIn, startPlanetScaleStandIn } from '../parts/planetscale.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { I } from './suite/dashboard.ts'
import { startEdgeTransport } from './suite/edge-transport.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('kratos')

describe.skipIf(SKIPPED)('on workerd', () => {
  gatewaySuite('a worker for each route', () => startEdgeTransport('routes'))
})

describe.skipIf(SKIPPED)('the worker of one route, with no other beside it', () => {
  const running: Miniflare[] = []
  let edge: EdgeBuild
  let planetscale: PlanetScaleStandIn

  beforeAll(async () => {
    edge = await buildEdge()
    const database = await createDatabase(inject('mariadb')!)
    const { config } = parseConfig({ ...keys(), database }, { env: {} })
    const { db, close } = openDatabase(config)
    await migrate(db, config)
    await close()
    planetscale = await startPlanetScaleStandIn(database)
  })
  afterAll(async () => {
    await Promise.all(running.map((miniflare) => miniflare.dispose()))
    await planetscale?.stop()
  })

  function keys() {
    const { publicUrl, adminUrl } = inject('kratos')!
    return { jwtKey: JWT_KEY, kratos: { url: publicUrl, adminUrl }, authlance: { autoCreateGroup: true } }
  }

  /** Starts the worker whose bundle holds the route of this path, as `dist/routes` has it. */
  async function startAlone(path: string): Promise<string> {
    const { name } = edge.plans.find((plan) => plan.path === path)!
    const { code } = edge.bundles.find((bundle) => bundle.name === `routes/${name}/worker`)!
    const database = { planetscale: { url: planetscale.url } }
    const miniflare = new Miniflare({
      host: '127.0.0.1',
      port: 0,
      modules: [{ type: 'ESModule', path: 'worker.js', contents: Buffer.from(code).toString() }],
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: { CONFIG: JSON.stringify({ ...keys(), database, log: { level: 'silent' } }) },
    })
    running.push(miniflare)
    return (await miniflare.ready).origin
  }

  it('exchanges, reads, relays and signs out, each by itself', async () => {
    const [me, logout, groups, proxy] = await Promise.all([
      startAlone('/authlance/identity/me'),
      startAlone('/authlance/identity/me/logout'),
      startAlone(`${I}/profile/my-groups/{user}`),
      startAlone('/authlance/identity/{+path}'),
    ])
    const user = await registerUser(`${proxy}/authlance/identity`)

    const exchanged = await fetch(`${me}/authlance/identity/me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-token': user.sessionToken },
      body: JSON.stringify({ session: user.sid }),
    })
    expect(exchanged.status).toBe(200)
    const { token } = (await exchanged.json()) as { token: string }
    const headers = { authorization: `Bearer ${token}` }
    const read = () => fetch(`${groups}${I}/profile/my-groups/me`, { headers })
    expect(await (await read()).json()).toHaveLength(1)

    expect((await fetch(`${logout}/authlance/identity/me/logout`, { headers })).status).toBe(200)
    const dead = await read()
    expect([dead.status, ((await dead.json()) as { code: string }).code]).toEqual([401, 'session_revoked'])

    for (const origin of [me, logout, groups]) expect((await fetch(`${origin}/livez`)).status).toBe(404)
  })
})
