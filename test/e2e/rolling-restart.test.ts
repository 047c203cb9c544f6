import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, startGateway } from '../parts/gateway.ts'
import { type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { type Nginx, startNginx } from '../parts/nginx.ts'
import { everyKind, LOAD_CONFIG, tokenOf } from '../parts/replica-load.ts'
import { startLoad } from '../parts/steady-load.ts'
import { startWhoamiStub, type WhoamiStub } from '../parts/whoami-stub.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('nginx')
const SOAK = process.env.SOAK === '1'
const REPLICAS = 3
const ROUNDS = SOAK ? 20 : 1
/** nginx leaves a replica that refused a connection out for a second or two, and then tries it with one request. */
const NOTICED_MS = 2500
const LIMIT_MS = SOAK ? 1_200_000 : 120_000

let mariadb: MariaDb
let nats: Nats
let kratos: WhoamiStub

describe.skipIf(SKIPPED)('three replicas behind nginx', () => {
  beforeAll(async () => {
    ;[mariadb, nats, kratos] = await Promise.all([startMariaDb(), startNats(), startWhoamiStub()])
  })
  afterAll(async () => {
    await Promise.all([mariadb.stop(), nats.stop(), kratos.close()])
  })

  it(
    `are restarted one after another under load, rounds: ${ROUNDS}. No request fails`,
    async () => {
      const { replicas, front, mailFront } = await startAll()
      const token = await tokenOf(front.url, 'ada')
      const load = startLoad(everyKind(front.url, token, mailFront.url), { lanes: 3 })
      for (let round = 0; round < ROUNDS; round++) {
        for (const replica of replicas) {
          await sleep(NOTICED_MS)
          expect(await replica.stop()).toEqual({ code: 0, signal: null })
          await replica.restart()
        }
      }
      await load.stop()
      console.log(`answered: ${JSON.stringify(load.answered)}`)
      expect({ failures: load.failures, refused: refusedBy(front, mailFront) }).toEqual({
        failures: [],
        refused: [],
      })
      expect(Math.min(...Object.values(load.answered))).toBeGreaterThan(50)
      await Promise.all([...replicas, front, mailFront].map((one) => one.stop()))
    },
    LIMIT_MS,
  )
})

async function startAll(): Promise<{ replicas: Gateway[]; front: Nginx; mailFront: Nginx }> {
  const database = await mariadb.createDatabase()
  const replicas: Gateway[] = []
  for (let index = 0; index < REPLICAS; index++) {
    const config = {
      ...LOAD_CONFIG,
      port: await freePort(),
      mailAuth: { host: '127.0.0.1', port: await freePort(), user: 'mail', password: 'mail-password' },
      database,
      nats: { url: nats.url },
      kratos: { url: kratos.url, adminUrl: kratos.url },
      trustedProxies: ['127.0.0.1'],
      log: { level: 'warn' },
    }
    replicas.push(await startGateway(config))
  }
  const front = await startNginx({ apiUrl: replicas.map(({ url }) => url) })
  // Mail comes to the internal port, which the front does not pass on.
  const mailFront = await startNginx({ apiUrl: replicas.map(({ internalUrl }) => internalUrl) })
  return { replicas, front, mailFront }
}

/** What nginx could not have answered, and by whom. */
function refusedBy(...fronts: Nginx[]): string[] {
  return fronts
    .flatMap((front) => front.accessLog())
    .filter(({ status }) => status >= 400)
    .map(
      (line) =>
        `${line.time} ${line.method} ${line.path} ${line.upstream} ${line.upstreamStatus} ${line.seconds}`,
    )
}
