import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readPageFile } from '../../runtime/dev/page-files.ts'
import { requirePart } from '../parts/available.ts'
import { createBrowser } from '../parts/browser.ts'
import { launchChromium } from '../parts/chromium.ts'
import { type House, startHouse } from '../parts/house.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { type MailConsumer, startMailConsumer } from '../parts/public-mail-consumer.ts'
import { SCOPE, startThirdPartyApp } from '../parts/third-party-app.ts'

const PASSWORD = 'a-Long-passphrase-9'
const ADA = { email: 'ada@example.com', name: { first: 'Ada', last: 'Lovelace' } }

const missing = (['mariadb', 'nats-2.10', 'nginx', 'kratos', 'hydra', 'chromium'] as const).map(requirePart)

/* The compose setup's own files, real programs, and what the image starts: one story, told in order. */

describe.skipIf(missing.includes(true))('the whole house', () => {
  let house: House
  let mails: MailConsumer
  let chromium: Browser
  let context: BrowserContext
  let page: Page
  let application: Awaited<ReturnType<typeof startThirdPartyApp>>

  beforeAll(async () => {
    const database = await createDatabase(inject('mariadb')!)
    house = await startHouse({ database, page: dashboardPage })
    mails = startMailConsumer(house.nats)
    application = await startThirdPartyApp(house.url)
    chromium = await launchChromium()
    context = await chromium.newContext()
    page = await context.newPage()
  }, 90_000)
  afterAll(async () => {
    await chromium?.close()
    await application?.close()
    await mails?.stop()
    await house?.stop()
  })

  const identity = (path: string) => `${house.url}/authlance/identity/${path}`
  const openid = (path: string) => `${house.url}/authlance/openid/${path}`

  /** Exchanges the session of a browser, as the dashboard does on every page. */
  async function exchange(browser: ReturnType<typeof createBrowser>) {
    const whoami = (await (await browser.fetch(identity('sessions/whoami'))).json()) as { id: string }
    const response = await browser.fetch(identity('me'), { json: { session: whoami.id } })
    expect(response.status).toBe(200)
    return decodeJwt(((await response.json()) as { token: string }).token) as { user: { roles: string[] } }
  }

  test('the seeded administrator sets a password by account recovery, with the code that comes as mail.send', async () => {
    const browser = createBrowser(house.url)
    const flow = await browser.startFlow(identity('self-service/recovery/browser'))
    await browser.submit(flow, { method: 'code', email: house.adminEmail })
    const { data: mail } = await mails.waitFor(({ data }) => data.to === house.adminEmail)
    expect(mail).toMatchObject({ to: house.adminEmail, templateId: 'recovery_code_valid' })
    expect(mail.templateModel.name).toEqual({
      first: expect.stringMatching(/./),
      last: expect.stringMatching(/./),
    })

    const answer = await browser.submit(flow, { method: 'code', code: mail.templateModel.recovery_code! })
    expect(answer.headers.get('location')).toContain('/user/profile?flow=')
    expect((await exchange(browser)).user.roles).toContain('sysadmin')

    const client = await browser.fetch(openid('admin/clients'), {
      json: {
        client_name: 'An application',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: SCOPE,
        redirect_uris: [application.callback],
        post_logout_redirect_uris: [application.url],
        token_endpoint_auth_method: 'client_secret_basic',
        skip_consent: false,
      },
    })
    expect(client.status).toBe(201)
    application.register((await client.json()) as { client_id: string; client_secret: string })
  })

  test('a person registers, and verifies the address with the code that comes as mail.send', async () => {
    const browser = createBrowser(house.url)
    const registration = await browser.startFlow(identity('self-service/registration/browser'))
    const { email, name } = ADA
    const registered = await browser.submit(registration, {
      method: 'password',
      password: PASSWORD,
      'traits.email': email,
      'traits.name.first': name.first,
      'traits.name.last': name.last,
    })
    const verification = new URL(registered.headers.get('location')!)
    expect(verification.pathname).toBe('/verify')

    const { data: mail } = await mails.waitFor(({ data }) => data.to === email)
    expect(mail).toMatchObject({
      to: email,
      templateId: 'verification_code_valid',
      templateModel: { email, name },
    })
    const code = mail.templateModel.verification_code!
    const flow = verification.searchParams.get('flow')
    const shown = await browser.fetch(identity(`self-service/verification/flows?id=${flow}`))
    const { ui } = (await shown.json()) as {
      ui: { action: string; nodes: { attributes: Record<string, string> }[] }
    }
    const csrf = ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')!.attributes.value!
    const verified = await browser.fetch(ui.action, { json: { method: 'code', code, csrf_token: csrf } })
    expect(verified.status).toBe(200)
    expect(await verified.json()).toMatchObject({ state: 'passed_challenge' })
    expect(await exchange(browser)).toMatchObject({
      user: { email, verified: true, groups: [expect.any(String)] },
    })
  })

  test('she signs in to a third-party application, and sees and gives her consent', async () => {
    await signIn(page, application.authorizeUrl())
    await page.waitForSelector(`text=An application asks for ${SCOPE}`)
    await page.click('text=Allow')
    await page.waitForURL(`${application.callback}**`)
    const tokens = await application.exchangeCode(page.url())

    const keys = createRemoteJWKSet(new URL(openid('.well-known/jwks.json')))
    const { payload } = await jwtVerify(tokens.id_token, keys, {
      issuer: openid('').slice(0, -1),
      audience: application.clientId(),
    })
    expect(payload).toMatchObject({
      email: ADA.email,
      email_verified: true,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      groups: [expect.any(String)],
      roles: expect.any(Array),
    })
    const userinfo = await fetch(openid('userinfo'), {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(await userinfo.json()).toMatchObject({ sub: payload.sub, email: ADA.email })
    expect(await application.refresh(tokens.refresh_token)).toMatchObject({
      access_token: expect.any(String),
    })
  })

  test('nobody else can see or give the consent', async () => {
    const asked = await context.newPage()
    await signIn(asked, `${application.authorizeUrl()}&prompt=consent`)
    await asked.waitForSelector('text=Allow')
    const challenge = new URL(asked.url()).searchParams.get('consent_challenge')!

    const browser = createBrowser(house.url)
    const flow = await browser.startFlow(identity('self-service/registration/browser'))
    await browser.submit(flow, {
      method: 'password',
      password: PASSWORD,
      'traits.email': 'eve@example.com',
    })
    await exchange(browser)
    const consent = `admin/oauth2/auth/requests/consent`
    const query = `?consent_challenge=${encodeURIComponent(challenge)}`
    for (const [method, path] of [
      ['GET', consent],
      ['PUT', `${consent}/accept`],
      ['PUT', `${consent}/reject`],
    ] as const) {
      const body = method === 'PUT' ? { json: { grant_scope: ['openid'] } } : {}
      const answer = await browser.fetch(openid(path + query), { method, ...body })
      expect([path, answer.status]).toEqual([path, 404])
    }
  })

  test('she signs out everywhere: the application sends her to the dashboard, and must ask for a sign-in again', async () => {
    await page.goto(application.logoutUrl())
    await page.waitForSelector('text=You are signed out.')
    const cookies = (await context.cookies()).map(({ name }) => name)
    expect(cookies).not.toContain('loopToken')
    expect(cookies).not.toContain('ory_kratos_session')

    await page.goto(application.authorizeUrl())
    await page.waitForSelector('button:has-text("Sign in")')
  })

  test('the doctor finds nothing broken in it but the missing TLS', async () => {
    const doctor = house.runCli([
      'doctor',
      '--json',
      '--nats-monitor',
      house.natsMonitorUrl,
      '--kratos-config',
      house.fileOf('rendered/kratos/kratos.yml'),
      '--hydra-config',
      house.fileOf('rendered/hydra/hydra.yml'),
    ])
    const { code } = await doctor.exit
    const findings = JSON.parse(doctor.stdout()) as { id: string; state: string; message: string }[]
    const broken = findings.filter(({ state }) => state === 'broken')
    expect(broken.map(({ id, message }) => [id, message])).toEqual([
      ['hydra.issuer', expect.stringContaining('want https')],
      ['hydra.issuer-url', expect.stringContaining('want https')],
    ])
    expect(code).toBe(1)
    const fine = findings.filter(({ state }) => state === 'ok').map(({ id }) => id)
    expect(fine).toEqual(
      expect.arrayContaining([
        'kratos.base-url',
        'kratos.courier-auth',
        'kratos.hook',
        'hydra.token-hook',
        'hydra.hook-auth',
        'nats.fsync',
      ]),
    )
  })

  test('the logs hold no code, token, cookie or password', () => {
    const output = house.container.output()
    expect(output).toContain('"log":"nginx"')
    for (const secret of [
      PASSWORD,
      ...application.secrets(),
      ...Object.values(house.env).filter((value) => value.length >= 32),
    ])
      expect(output).not.toContain(secret)
    expect(output).not.toMatch(/code=|_challenge=|ory_kratos_session=|loopToken=/)
  })

  test('TERM ends it cleanly within 10 s', async () => {
    const startedAt = performance.now()
    process.kill(house.container.pid, 'SIGTERM')
    expect(await house.container.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})

/** The pages of a dashboard around third-party applications, as the development stack serves them. */
async function dashboardPage({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await readPageFile(/^\/dev\/page\/([a-z.-]+)$/.exec(url!)?.[1] ?? 'oidc.html')
  response.setHeader('content-type', file!.headers.get('content-type')!).end(await file!.text())
}

/** Gives the password on the page that the application sends people to. */
async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.fill('[name=email]', ADA.email)
  await page.fill('[name=password]', PASSWORD)
  await page.click('button:has-text("Sign in")')
}
