import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, JWT_KEY, startGateway } from '../parts/gateway.ts'
import { codeMail, sendAsKratos } from '../parts/mail-courier.ts'
import { type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { startMailConsumer } from '../parts/public-mail-consumer.ts'
import type { Restartable } from '../parts/restartable.ts'
import { seededRandom } from '../parts/seeded-random.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats')
const SOAK = process.env.SOAK === '1'
const MAILS = SOAK ? 2000 : 200
const KILLS_OF_EACH = SOAK ? 15 : 2
const LIMIT_MS = SOAK ? 900_000 : 120_000

let mariadb: MariaDb
let nats: Nats

describe.skipIf(SKIPPED)('mail under SIGKILL', () => {
  beforeAll(async () => {
    ;[mariadb, nats] = await Promise.all([startMariaDb(), startNats()])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([mariadb.stop(), nats.stop()])
  })

  async function startServer() {
    const database = await mariadb.createDatabase()
    const settings = {
      database: { ...database, timeoutMs: 1000 },
      kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
      nats: { url: nats.url, timeoutMs: 1000 },
      mailAuth: { host: '127.0.0.1', port: await freePort(), user: 'mail', password: 'mail-password' },
      events: { leaseMs: 2000, relayIntervalMs: 200 },
    }
    const { config } = parseConfig({ ...settings, jwtKey: JWT_KEY }, { env: {} })
    return { server: await startGateway(settings), config }
  }

  it(
    `each of ${MAILS} mails comes exactly once while database, NATS and service are killed at random moments`,
    async () => {
      const random = seededRandom()
      console.log(`RANDOM_SEED=${random.seed}`)
      const { server, config } = await startServer()
      const internalUrl = server.internalUrl
      const consumer = startMailConsumer(nats.url, { ackWaitMs: 2000 })

      let killing = true
      const chaos = Promise.all(
        [mariadb, nats, server].map((victim) => killAgainAndAgain(victim, random.whole(0, 2 ** 32))),
      ).finally(() => {
        killing = false
      })
      const codes = Array.from({ length: MAILS }, (_, index) => String(100_000 + index))
      const waiting = [...codes]
      let repeats = 0
      async function courier(): Promise<void> {
        for (let code = waiting.shift(); code; code = waiting.shift()) {
          const { tries } = await sendAsKratos(() => internalUrl, codeMail(code))
          repeats += tries - 1
          // Kratos does not know an answer that was lost, so that it sends again what was taken.
          if (random.whole(0, 3) === 0) await sendAsKratos(() => internalUrl, codeMail(code))
          if (killing) await sleep(random.whole(0, 300))
        }
      }
      await Promise.all([chaos, ...Array.from({ length: 4 }, courier)])

      for (const code of codes) await consumer.waitFor(hasCode(code), 60_000)
      const { db, close } = openDatabase(config)
      const pending = () =>
        db.selectFrom('event_outbox').select('id').where('state', '!=', 'relayed').execute()
      await expect.poll(pending, { timeout: 30_000 }).toEqual([])
      await close()
      await sleep(1000)
      await consumer.stop()

      const byId = Map.groupBy(consumer.arrived, ({ messageId }) => messageId)
      expect([...byId.values()].map(([mail]) => codeOf(mail!)).sort()).toEqual(codes)
      const straight = server.output().split('"outcome":"straight"').length - 1
      console.log(
        `${repeats} tries failed, ${straight} mails went straight since the last start, ` +
          `${consumer.arrived.length - MAILS} came again`,
      )
      await server.stop()
    },
    LIMIT_MS,
  )

  it('a mail that went straight and is sent again when the database is back reaches the stream once', async () => {
    const { server } = await startServer()
    const consumer = startMailConsumer(nats.url, { ackWaitMs: 2000 })
    const mail = codeMail('482913')
    await mariadb.kill()
    const straight = await sendAsKratos(() => server.internalUrl, mail)
    expect(straight.tries).toBe(1)
    const { data } = await consumer.waitFor(hasCode('482913'))
    expect(data).toMatchObject({ id: straight.id, seq: 0 })

    await mariadb.restart()
    await expect
      .poll(async () => {
        await sendAsKratos(() => server.internalUrl, mail)
        return server.output()
      })
      .toContain('"outcome":"accepted"')
    await sendAsKratos(() => server.internalUrl, codeMail('482914'))
    await consumer.waitFor(hasCode('482914'))
    await sleep(500)
    expect(consumer.arrived.filter(hasCode('482913'))).toHaveLength(1)
    await consumer.stop()
    await server.stop()
  }, 60_000)

  it('a mail is refused with 503 only while both are away, and taken as soon as one is back', async () => {
    const { server } = await startServer()
    const consumer = startMailConsumer(nats.url, { ackWaitMs: 2000 })
    await Promise.all([mariadb.kill(), nats.kill()])
    const startedAt = performance.now()
    const sending = sendAsKratos(() => server.internalUrl, codeMail('482915'))
    await expect.poll(() => server.output(), { timeout: 10_000 }).toContain('"outcome":"unavailable"')
    expect(performance.now() - startedAt).toBeLessThan(5000)
    await nats.restart()
    const { tries } = await sending
    expect(tries).toBeGreaterThan(1)
    await consumer.waitFor(hasCode('482915'))
    await mariadb.restart()
    await consumer.stop()
    await server.stop()
  }, 60_000)
})

// biome-ignore lint/suspicious/noExplicitAny: the message as it came
const codeOf = ({ data }: { data: any }): string => data.templateModel.verification_code
// biome-ignore lint/suspicious/noExplicitAny: the message as it came
const hasCode = (code: string) => (mail: { data: any }) => codeOf(mail) === code

/** Kills a server by SIGKILL at random moments; brings it back each time, as its supervisor would, until it stays. */
async function killAgainAndAgain(victim: Restartable | Gateway, seed: number): Promise<void> {
  const random = seededRandom(seed)
  for (let kill = 0; kill < KILLS_OF_EACH; kill++) {
    await sleep(random.whole(0, 3000))
    await victim.kill()
    await sleep(random.whole(0, 1000))
    while (
      !(await victim.restart().then(
        () => true,
        () => false,
      ))
    )
      await sleep(200)
  }
}
