import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { describeFindings } from '../../cli/describe-findings.ts'
import { HANDLED_EVENTS } from '../../lib/billing/ledger/handled-events.ts'
import { parseConfig } from '../../lib/config.ts'
import type { Finding } from '../../lib/doctor/finding.ts'
import { examineHost } from '../../runtime/node/doctor/examine-host.ts'
import { hydraConfig } from '../fixtures/hydra/hydra-config.ts'
import { kratosConfig } from '../fixtures/kratos/kratos-config.ts'
import { requirePart } from '../parts/available.ts'
import { diagnose, diagnosisOf, NOWHERE } from '../parts/diagnose.ts'
import { startEmulatedKratos } from '../parts/emulated-kratos.ts'
import { freePort } from '../parts/free-port.ts'
import { startGateway, writeConfig } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startNats } from '../parts/nats.ts'
import { runCli } from '../parts/run-cli.ts'
import { startStripe } from '../parts/stripe.ts'
import { json, startStubUpstream } from '../parts/stub-upstream.ts'
import { tempDir } from '../parts/temp-dir.ts'

const SECRETS = {
  jwt: 'q3Zr8vN1xK5tB7mW2yL9pD4sF6hJ0cRgTnVbYuXe',
  mail: 'G7h2-kd93-mmPq-81sz-Wv',
  hydra: 'Qm41-zx8K-vv0T-7pLs-3hYd',
  stripe: 'sk_test_9Gk2mVx7QpLsZb31',
  webhook: 'whsec_Zk8Qm2Vx7PpLs31NdT',
}

describe.skipIf([requirePart('mariadb'), requirePart('nats')].some(Boolean))('a whole in order', () => {
  test('has nothing broken: exit 0, and no line with a secret', { timeout: 90_000 }, async () => {
    const { config, options } = await startWhole()
    const running = await startGateway(config)
    onTestFinished(async () => void (await running.stop()))
    const file = writeConfig(config)
    chmodSync(file, 0o600)

    const look = async () => {
      const { code, stdout } = await runCli('doctor', '--config', file, ...options, '--json')
      return { code, stdout, findings: JSON.parse(stdout) as Finding[] }
    }
    let seen = await look()
    // The relay makes the streams a moment after the service is ready.
    while (seen.findings.some(({ id }) => id === 'nats.stream-missing')) {
      await sleep(200)
      seen = await look()
    }
    expect(seen.findings.filter(({ state }) => state === 'broken')).toEqual([])
    expect(seen.code).toBe(0)
    const remarks = seen.findings.filter(({ state, part }) => state !== 'ok' && part !== 'host')
    expect(remarks.map(({ id, state }) => `${state} ${id}`)).toEqual([
      'warn nats.version',
      'skipped nats.fsync',
      'warn stripe.mode',
    ])
    expect([...new Set(seen.findings.map(({ part }) => part))]).toEqual([
      ...[
        'configuration',
        'secrets',
        'database',
        'outbox',
        'nats',
        'kratos',
        'hydra',
        'stripe',
        'ports',
        'host',
      ],
    ])
    for (const secret of [...Object.values(SECRETS), (config.database as { password: string }).password]) {
      expect(seen.stdout).not.toContain(secret)
    }
    expect(diagnosisOf(seen.findings).find('ports.api').message).toContain('the service answers at')
  })
})

/** Everything that a configuration may name, as it should be, but for the service itself. */
async function startWhole() {
  const [port, internalPort] = [await freePort(), await freePort()]
  const mailAuth = { host: '127.0.0.1', port: internalPort, user: 'kratos', password: SECRETS.mail }
  const nats = await startNats()
  const kratos = await startEmulatedKratos('https://auth.example.com')
  const hydra = await startStubUpstream()
  hydra.respond(({ target }, response) => {
    const issuer = 'https://auth.example.com/authlance/openid'
    json(response, 200, target === '/version' ? { version: 'v2.3.0' } : { issuer, keys: [{}] })
  })
  const { stripe, url: apiBase } = await startStripe({ secretKey: SECRETS.stripe })
  stripe.actions.createPrice({
    product: stripe.actions.createProduct({ name: 'Standard' }).id,
    currency: 'usd',
    unit_amount: 1000,
    lookup_key: 'standard',
    recurring: { interval: 'month' },
  })
  stripe.actions.createWebhookEndpoint({
    url: 'https://auth.example.com/authlance/payments/api/v1/stripe/webhook',
    enabledEvents: [...HANDLED_EVENTS],
  })
  onTestFinished(async () => {
    await Promise.all([nats.stop(), kratos.stop(), hydra.close()])
  })

  const ours = `http://authlance:${internalPort}/authlance/identity`
  const kratosFile = join(tempDir('doctor'), 'kratos.yaml')
  const uiBaseUrl = 'https://app.example.com'
  writeFileSync(
    kratosFile,
    kratosConfig({
      ...{ publicPort: 4433, adminPort: 4434, dsn: 'memory', uiBaseUrl, cookieDomain: 'example.com' },
      publicBaseUrl: 'https://auth.example.com/authlance/identity/',
      courierUrl: `${ours}/email`,
      courierAuth: mailAuth,
      registrationHookUrl: `${ours}/email/register`,
      registrationHookAuth: mailAuth,
      oauth2ProviderUrl: 'http://hydra:4445',
    }),
  )
  const hydraFile = join(tempDir('doctor'), 'hydra.yaml')
  writeFileSync(
    hydraFile,
    hydraConfig({
      ...{
        publicPort: 4444,
        adminPort: 4445,
        dsn: 'memory',
        cookieDomain: 'example.com',
        cookieSameSite: 'None',
      },
      issuerUrl: 'https://auth.example.com/authlance/openid',
      loginUrl: `${uiBaseUrl}/login`,
      consentUrl: `${uiBaseUrl}/consent`,
      logoutUrl: `${uiBaseUrl}/logout`,
      tokenHook: { url: `${ours}/token_hook`, bearer: SECRETS.hydra },
    }),
  )
  const config: Record<string, unknown> = {
    debug: false,
    port,
    mailAuth,
    jwtKey: SECRETS.jwt,
    cookieDomain: '.example.com',
    frontend: { url: uiBaseUrl },
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
    hydra: { url: hydra.url, adminUrl: hydra.url, hydraLoginToken: SECRETS.hydra },
    database: await createDatabase(inject('mariadb')!),
    nats: { url: nats.url },
    paymentTier: { tierName: 'Standard', lookupKey: 'standard' },
    stripe: {
      ...{ secretKey: SECRETS.stripe, webhookSecret: [SECRETS.webhook], apiBase },
      webhookBaseUrl: 'https://auth.example.com',
      successBaseUrl: uiBaseUrl,
    },
  }
  return { config, options: ['--kratos-config', kratosFile, '--hydra-config', hydraFile] }
}

describe('the command', () => {
  const kratos = { url: NOWHERE, adminUrl: NOWHERE }

  test('tells each check in a line under its part, without colours in a pipe, and exits 1', async () => {
    const config = writeConfig({ kratos, database: { file: ':memory:' } })
    const { code, stdout, stderr } = await runCli('doctor', '--config', config)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).not.toContain('\u001b')
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe('configuration')
    expect(stdout).toMatch(
      /^ {2}broken {3}kratos\.public +the public API cannot be reached \(ECONNREFUSED\) -> start it, and mend kratos\.url$/m,
    )
    expect(stdout).toMatch(/^ {2}skipped {2}nats\.connection +nats\.url is not configured[^\n]+ -> set it/m)
    expect(lines.at(-1)).toMatch(/^\d+ broken, \d+ warnings, \d+ ok, \d+ skipped$/)
    for (const line of lines.slice(0, -2))
      expect(line).toMatch(/^([a-z]+| {2}(ok|warn|broken|skipped) +[a-z]+\.[a-z-]+ {2}.+)$/)
  })

  test('has colours for a terminal alone', () => {
    const finding: Finding = { id: 'a.b', part: 'a', state: 'broken', message: 'm', remedy: 'r' }
    expect(describeFindings([finding], true)).toContain('\u001b[31mbroken')
    expect(describeFindings([finding], false)).toBe(
      'a\n  broken   a.b  m -> r\n\n1 broken, 0 warnings, 0 ok, 0 skipped',
    )
  })

  test('prints JSON that a script can read', async () => {
    const config = writeConfig({ kratos, database: { file: ':memory:' } })
    const { code, stdout } = await runCli('doctor', '--config', config, '--json')
    expect(code).toBe(1)
    for (const finding of JSON.parse(stdout) as Finding[]) {
      const { id, part, state, message, remedy, evidence, ...rest } = finding
      expect(rest).toEqual({})
      expect(id.startsWith(`${part}.`)).toBe(true)
      expect(['ok', 'warn', 'broken', 'skipped']).toContain(state)
      expect(message).not.toMatch(/^$|\n/)
      expect(remedy !== '' || state === 'ok' || state === 'skipped').toBe(true)
      expect(['undefined', 'object']).toContain(typeof evidence)
    }
  })

  test('without a configuration, or with one that is wrong, says so and looks at the host', async () => {
    const none = await runCli('doctor', '--config', '/no/such/config.yaml', '--json')
    expect(none.code).toBe(1)
    const { stateOf, find } = diagnosisOf(JSON.parse(none.stdout))
    expect(find('configuration.file')).toMatchObject({
      state: 'broken',
      message: expect.stringContaining('no such file'),
    })
    expect(stateOf('database.configuration')).toBe('skipped')
    expect(stateOf('host.cores')).toBe('ok')

    const wrong = await diagnose({ port: 'eighty', jwtKey: 'short-Wz4', debug: false })
    expect(
      wrong.all('configuration.problem').map(({ state, message }) => `${state} ${message.split(':')[0]}`),
    ).toEqual(['broken port', 'broken jwtKey'])
    expect(JSON.stringify(wrong.findings)).not.toContain('short-Wz4')
  })

  test('ends when every part takes connections and never answers', async () => {
    await using silent = createServer((socket) => void socket.on('error', () => undefined))
    const sockets = new Set<Socket>()
    silent.on('connection', (socket) => sockets.add(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const url = `http://127.0.0.1:${port}`
    const timeoutMs = 500
    const config = writeConfig({
      kratos: { url, adminUrl: url, timeoutMs },
      hydra: { url, adminUrl: url, timeoutMs, hydraLoginToken: SECRETS.hydra },
      database: { host: '127.0.0.1', port, user: 'u', password: SECRETS.mail, dbname: 'd', timeoutMs },
      nats: { url: `nats://127.0.0.1:${port}`, timeoutMs },
      stripe: { secretKey: SECRETS.stripe, apiBase: url, timeoutMs },
      port,
    })
    const startedAt = performance.now()
    const { code, stdout } = await runCli('doctor', '--config', config, '--json')
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    for (const socket of sockets) socket.destroy()
    expect(code).toBe(1)
    const { stateOf } = diagnosisOf(JSON.parse(stdout))
    for (const id of [
      'database.connection',
      'nats.connection',
      'kratos.public',
      'kratos.admin',
      'hydra.public',
      'hydra.admin',
      'stripe.key',
      'ports.api',
    ])
      expect(`${id} ${stateOf(id)}`).toBe(`${id} broken`)
    expect(stateOf('outbox.pending')).toBe('skipped')
  })

  test('shows its usage for what it does not know', async () => {
    const { code, stderr } = await runCli('doctor', '--jsn')
    expect(code).toBe(2)
    expect(stderr).toContain('USAGE authlance doctor')
  })
})

describe('the configuration', () => {
  test('with unsafe settings, open files and weak secrets', async () => {
    const secretFile = join(tempDir('doctor'), 'mail-password')
    writeFileSync(secretFile, SECRETS.mail, { mode: 0o644 })
    const { stateOf, all, find } = await diagnose({
      frontend: { url: 'http://app.example.com' },
      jwtKye: 'x',
      debug: false,
      jwtKey: 'changeme-changeme-changeme-changeme',
      hydra: { hydraLoginToken: SECRETS.mail },
      nats: { url: 'nats://127.0.0.1:2', user: 'n', password: 'aB3$x' },
      mailAuth: { host: '127.0.0.1', port: 0, user: 'mail', password_FILE: secretFile },
    })
    expect(stateOf('configuration.https')).toBe('warn')
    expect(stateOf('configuration.warning')).toBe('warn')
    expect(all('configuration.file-mode').map(({ state }) => state)).toEqual(['warn', 'warn'])
    expect(all('configuration.file-mode')[1]!.evidence).toEqual({ path: secretFile, mode: '644' })
    expect(find('secrets.sample')).toMatchObject({ state: 'broken', evidence: { key: 'jwtKey[0]' } })
    expect(find('secrets.short')).toMatchObject({ state: 'warn', evidence: { key: 'nats.password' } })
    expect(find('secrets.reused')).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('mailAuth.password'),
    })
  })

  test('with debug on, and no credentials for Kratos', async () => {
    const { stateOf } = await diagnose({ mailAuth: { host: '127.0.0.1', port: 0 } })
    expect(stateOf('configuration.debug')).toBe('warn')
    expect(stateOf('configuration.mail-auth')).toBe('broken')
  })
})

describe('ports and the host', () => {
  test('a port that another program has, and one that is free', async () => {
    await using server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const internal = await freePort()
    const { stateOf } = await diagnose({
      port,
      mailAuth: { host: '127.0.0.1', port: internal, user: 'm', password: 'p' },
    })
    expect(stateOf('ports.api')).toBe('broken')
    expect(stateOf('ports.internal')).toBe('ok')
    expect(stateOf('ports.internal-host')).toBe('ok')
  })

  test('a host that is not of this machine, and two listeners at one port', async () => {
    const port = await freePort()
    const mailAuth = { host: '198.51.100.7', port, user: 'm', password: 'p' }
    const { all, stateOf } = await diagnose({ port, mailAuth })
    expect(all('ports.internal').map(({ state }) => state)).toEqual(['broken', 'broken'])
    expect(all('ports.internal')[1]!.evidence).toMatchObject({ code: 'EADDRNOTAVAIL' })
    expect(stateOf('ports.internal-host')).toBe('warn')
  })

  test('a file system that is nearly full', async () => {
    const keys = {
      jwtKey: SECRETS.jwt,
      kratos: { url: NOWHERE, adminUrl: NOWHERE },
      database: { file: '/data/a.sqlite' },
    }
    const { config } = parseConfig(keys, { env: {} })
    const full = { bsize: 4096, blocks: 1_000_000, bavail: 1000, files: 100, ffree: 50 }
    const states = async (stat: typeof full) => {
      const found: Finding[] = []
      for await (const finding of examineHost(config, async () => stat)) found.push(finding)
      return found.filter(({ id }) => id === 'host.disk').map(({ state }) => state)
    }
    expect(await states(full)).toEqual(['broken', 'broken'])
    expect(await states({ ...full, bavail: 900_000 })).toEqual(['ok', 'ok'])
    expect(await states({ ...full, bavail: 900_000, ffree: 0 })).toEqual(['broken', 'broken'])
  })
})
