import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gateway, startGateway } from '../parts/gateway.ts'
import { type Kratos, startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { type MariaDb, startMariaDb } from '../parts/mariadb.ts'
import { type Nats, startNats } from '../parts/nats.ts'
import { type MailConsumer, startMailConsumer } from '../parts/public-mail-consumer.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('kratos')
const PEOPLE = process.env.SOAK === '1' ? 60 : 8

let mariadb: MariaDb
let nats: Nats
let kratos: Kratos
let server: Gateway
let consumer: MailConsumer

describe.skipIf(SKIPPED)('mail of a real Kratos', () => {
  beforeAll(async () => {
    ;[mariadb, nats] = await Promise.all([startMariaDb(), startNats()])
    const port = await freePort()
    const courierAuth = { user: 'mail', password: 'mail-password' }
    kratos = await startKratos({
      courierUrl: `http://127.0.0.1:${port}/authlance/identity/email`,
      courierAuth,
      courierPullWait: '100ms',
    })
    server = await startGateway({
      database: await mariadb.createDatabase(),
      kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
      nats: { url: nats.url, timeoutMs: 1000 },
      mailAuth: { host: '127.0.0.1', port, ...courierAuth },
      events: { relayIntervalMs: 200, leaseMs: 2000 },
      debug: false,
    })
    consumer = startMailConsumer(nats.url, { ackWaitMs: 2000 })
  }, 120_000)
  afterAll(async () => {
    await consumer?.stop()
    await Promise.all([kratos, server, nats, mariadb].map((part) => part?.stop()))
  })

  const mailTo = (email: string, templateId: string) =>
    consumer.waitFor(({ data }) => data.to === email && data.templateId === templateId, 40_000)

  it('brings verification and recovery codes that work to the public consumer', async () => {
    const user = await registerUser(kratos.publicUrl)
    const verification = await mailTo(user.email, 'verification_code_valid')
    expect(verification.messageId).toBe(verification.data.id)
    expect(verification.data.templateModel).toMatchObject({
      email: user.email,
      name: { first: 'Ada', last: 'Lovelace' },
      verification_code: expect.stringMatching(/^\d{6}$/),
      recovery_code: null,
    })

    const flow = await start('recovery', { method: 'code', email: user.email })
    const recovery = await mailTo(user.email, 'recovery_code_valid')
    const { recovery_code: code, name } = recovery.data.templateModel
    expect(name.first && name.last).toBeTruthy()
    const recovered = await submit('recovery', flow, { method: 'code', code })
    expect(recovered.redirect_browser_to).toContain('/user/profile?flow=')
    expect(server.output()).not.toContain(code)
    expect(server.output()).not.toContain(user.email)
  }, 60_000)

  it('publishes nothing on the public port', async () => {
    for (const path of [
      '/authlance/identity/email',
      '/authlance/identity/x/../email',
      '/authlance/identity/%65mail',
    ]) {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('mail:mail-password')}`, 'content-type': 'application/json' },
        body: '{}',
      })
      expect(response.status).toBe(404)
      await response.body?.cancel()
    }
  })

  it(`${PEOPLE} mails come while database, NATS and service are killed and restarted in turn`, async () => {
    const emails: string[] = []
    const victims = [mariadb, server, nats]
    for (let index = 0; index < PEOPLE; index++) {
      const victim = victims[index % victims.length]!
      await victim.kill()
      emails.push((await registerUser(kratos.publicUrl)).email)
      await victim.restart()
    }
    for (const email of emails) await mailTo(email, 'verification_code_valid')
    for (const email of emails) {
      const codes = consumer.arrived.filter(({ data }) => data.to === email)
      expect(new Set(codes.map(({ messageId }) => messageId)).size).toBe(1)
    }
    const abandoned = await fetch(`${kratos.adminUrl}/admin/courier/messages?status=abandoned`)
    expect(await abandoned.json()).toEqual([])
  }, 300_000)
})

async function start(kind: 'recovery', body: object): Promise<string> {
  const flow = await json(await fetch(`${kratos.publicUrl}/self-service/${kind}/api`))
  await submit(kind, flow.id, body)
  return flow.id
}

async function submit(kind: 'recovery', flow: string, body: object) {
  const url = `${kratos.publicUrl}/self-service/${kind}?flow=${flow}`
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  return json(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }))
}

// biome-ignore lint/suspicious/noExplicitAny: Kratos' answers are read loosely here
async function json(response: Response): Promise<any> {
  return response.json()
}
