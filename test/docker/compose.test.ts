import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../lib/config/parse-config.ts'
import { identitySchema } from '../../runtime/dev/ory/identity-schema.ts'
import { requirePart } from '../parts/available.ts'
import { COMPOSE, type ComposeSetup, envOf, setUpCompose } from '../parts/compose.ts'
import { freePort } from '../parts/free-port.ts'
import { CLI } from '../parts/gateway.ts'
import { oryBinary } from '../parts/ory-binary.ts'
import { runProcess, startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

interface Service {
  image: string
  ports?: string[]
  restart: string
  healthcheck?: { test: string[] }
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
}

const text = (path: string) => readFileSync(join(COMPOSE, path), 'utf8')
const compose = parse(text('docker-compose.yml'), { merge: true })
const services = compose.services as Record<string, Service>
const template = envOf(text('.env.template'))
const secretNames = Object.keys(template).filter((name) => /PASSWORD|SECRET|TOKEN|KEY/.test(name))

let setup: ComposeSetup
beforeAll(async () => {
  setup = await setUpCompose()
})

describe('docker-compose.yml', () => {
  test('opens no port on the host but that of the container', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports?.length)
    expect(open.map(([name]) => name)).toEqual(['authlance'])
    expect(open[0]![1].ports).toEqual([expect.stringMatching(/^\$\{HTTP_BIND:-127\.0\.0\.1\}:\S+:1080$/)])
  })

  test('refers to no variable that .env.template does not have', () => {
    const used = [...text('docker-compose.yml').matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name!)
    expect(used.length).toBeGreaterThan(20)
    for (const name of used) expect(Object.keys(template)).toContain(name)
  })

  test('pins the version of every image', () => {
    const images = Object.keys(template).filter((name) => /^(MYSQL|NATS|KRATOS|HYDRA)_IMAGE$/.test(name))
    expect(images).toHaveLength(4)
    for (const name of images) expect(template[name]).toMatch(/:v?\d+\.\d+\.\d+/)
  })

  test('starts each service after what it needs is healthy', () => {
    for (const [name, { depends_on = {} }] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const ends = services[needed]!.restart === 'on-failure'
        expect([name, needed, condition]).toEqual([
          name,
          needed,
          ends ? 'service_completed_successfully' : 'service_healthy',
        ])
        // The image brings its own.
        if (!ends && needed !== 'authlance') expect(services[needed]!.healthcheck?.test[0]).toMatch(/^CMD/)
      }
    }
    expect(Object.keys(services.authlance!.depends_on!)).toEqual(['mysql', 'nats', 'kratos', 'hydra'])
  })

  test('gives the container every variable that its configuration asks for', () => {
    const asked = [...text('templates/authlance/config.yaml').matchAll(/\$\{([A-Z]\w+)/g)].map(
      ([, name]) => name,
    )
    expect(Object.keys(services.authlance!.environment!)).toEqual(expect.arrayContaining(asked))
  })
})

describe('create-databases.sh', () => {
  test('makes each database, and leaves the entrypoint that sources it able to go on', async () => {
    const bin = tempDir('mysql-client')
    writeFileSync(join(bin, 'mysql'), '#!/bin/bash\ncat\n', { mode: 0o755 })
    const script = join(COMPOSE, 'templates/mysql/create-databases.sh')
    // As the image's entrypoint does, which reads variables that nobody has set.
    const entrypoint = 'set -eo pipefail; . "$0"; [ -n "$MYSQL_ONETIME_PASSWORD" ] || echo done'
    const said = await runProcess('/bin/bash', ['-c', entrypoint, script], {
      env: { ...setup.env, PATH: `${bin}:${process.env.PATH}`, MYSQL_ONETIME_PASSWORD: undefined },
    })
    for (const name of ['authlance', 'kratos', 'hydra']) {
      expect(said).toContain(
        `CREATE USER IF NOT EXISTS '${name}'@'%' IDENTIFIED BY '${setup.env[`${name.toUpperCase()}_DB_PASSWORD`]}'`,
      )
    }
    expect(said).toMatch(/done\n$/)
  })
})

describe('what other users read inside the containers', () => {
  test('is open to them, though the directory around it is not', () => {
    for (const path of ['rendered/kratos', 'rendered/hydra', 'rendered/nats'])
      expect([path, statSync(join(setup.dir, path)).mode & 0o005]).toEqual([path, 0o005])
    // The doctor's container gets the two directories, not the closed one above them.
    const [command] = /^docker compose run[\s\S]*?hydra\.yml/m.exec(text('README.md'))!
    expect(command.match(/rendered\/?\w*:\S+:ro/g)).toEqual([
      'rendered/kratos:/ory/kratos:ro',
      'rendered/hydra:/ory/hydra:ro',
    ])
  })
})

describe('make-secrets.sh', () => {
  test('starts from a template without any secret', () => {
    for (const name of secretNames) expect([name, template[name]]).toEqual([name, ''])
  })

  test('fills every secret but former ones and those of Stripe and of the bucket, each with another value', () => {
    const made = secretNames.filter((name) => !/^(STRIPE|BACKUP_S3)_|_OLD$/.test(name))
    const values = made.map((name) => setup.env[name]!)
    for (const value of values) expect(value).toMatch(/^[0-9a-f]{32,64}$/)
    expect(new Set(values).size).toBe(made.length)
    expect(setup.env.KRATOS_CIPHER_SECRET).toHaveLength(32)
    for (const name of ['STRIPE_SECRET_KEY', 'JWT_KEY_OLD', 'HYDRA_LOGIN_TOKEN_OLD'])
      expect([name, setup.env[name]]).toEqual([name, ''])
  })

  test('keeps the file to its owner, and every value that is there', async () => {
    const file = join(setup.dir, '.env')
    const before = readFileSync(file, 'utf8')
    const said = await runProcess(join(setup.dir, 'make-secrets.sh'), [])
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(said).toBe('0 secrets made in .env\n')
  })

  test('names a secret that is missing from an older file', async () => {
    const { dir } = await setUpCompose()
    const file = join(dir, '.env')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^HYDRA_LOGIN_TOKEN=.*\n/m, ''))
    await expect(runProcess(join(dir, 'make-secrets.sh'), [])).rejects.toThrow(/HYDRA_LOGIN_TOKEN is missing/)
  })
})

describe('render.sh', () => {
  test('leaves no reference behind', () => {
    for (const file of ['kratos/kratos.yml', 'kratos/mail.jsonnet', 'hydra/hydra.yml', 'nats/nats.conf'])
      expect(setup.read(`rendered/${file}`)).not.toMatch(/\$\{/)
    expect(statSync(join(setup.dir, 'rendered')).mode & 0o777).toBe(0o700)
  })

  test.each([
    ['FRONTEND_URL=', 'FRONTEND_URL has no value in .env'],
    [
      'FRONTEND_URL=https://app.example.com/',
      'the value of FRONTEND_URL begins wrongly or ends with a slash',
    ],
    ['AUTH_URL=app.example.com', 'the value of AUTH_URL begins wrongly or ends with a slash'],
    ['BASE_PREFIX=.evil.com', 'the value of BASE_PREFIX begins wrongly or ends with a slash'],
    ['COOKIE_DOMAIN=x", admin: "y', 'the value of COOKIE_DOMAIN has characters that do not belong there'],
  ])('refuses %s and writes nothing', async (line, complaint) => {
    const { dir } = await setUpCompose()
    const [file, name] = [join(dir, '.env'), line.split('=')[0]!]
    const before = readFileSync(join(dir, 'rendered/kratos/kratos.yml'), 'utf8')
    writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`^${name}=.*$`, 'm'), line))
    await expect(runProcess(join(dir, 'render.sh'), [])).rejects.toThrow(complaint)
    expect(readFileSync(join(dir, 'rendered/kratos/kratos.yml'), 'utf8')).toBe(before)
  })
})

describe('the templates, with the sample .env', () => {
  test.each([
    ['', {}, 1],
    [
      ' while two secrets are rotated',
      { JWT_KEY_OLD: 'f'.repeat(64), HYDRA_LOGIN_TOKEN_OLD: 'e'.repeat(64) },
      2,
    ],
  ])('are a configuration that our program takes without a warning%s', async (_, former, count) => {
    const file = join(setup.dir, 'templates/authlance/config.yaml')
    const env: Record<string, string> = { ...setup.env, ...former }
    const check = startProcess(process.execPath, [CLI, 'config', 'check', '--config', file], { env })
    expect(await check.exit).toEqual({ code: 0, signal: null })
    expect(check.output()).toBe(`ok ${file}\n`)

    const { jwtKey, hydra } = parseConfig(parse(readFileSync(file, 'utf8')), { env }).config
    expect(jwtKey).toEqual([env.JWT_KEY, 'f'.repeat(64)].slice(0, count))
    expect(hydra!.hydraLoginToken).toEqual([env.HYDRA_LOGIN_TOKEN, 'e'.repeat(64)].slice(0, count))
  })

  test('hold the identity schema that the whole product is tested with', () => {
    expect(JSON.parse(text('templates/kratos/identity.schema.json'))).toEqual(identitySchema)
  })

  describe.skipIf(requirePart('kratos'))('start a real Kratos', () => {
    test('that knows its address behind the container', async () => {
      const { url, stop } = await serveOry('kratos', 'kratos/kratos.yml', setup, ['serve'])
      try {
        const response = await fetch(`${url}/self-service/login/api`)
        const flow = (await response.json()) as { ui: { action: string } }
        expect(flow.ui.action).toMatch('https://app.example.com/authlance/identity/self-service/login?flow=')
        const recovery = await fetch(`${url}/self-service/recovery/browser`, { redirect: 'manual' })
        expect(recovery.headers.get('location')).toMatch('https://app.example.com/recovery?flow=')
        expect(recovery.headers.get('set-cookie')).toMatch(/Domain=app\.example\.com.*Secure/)
      } finally {
        await stop()
      }
    })
  })

  describe.skipIf(requirePart('hydra'))('start a real Hydra', () => {
    test('whose issuer is behind the container', async () => {
      const { url, stop } = await serveOry('hydra', 'hydra/hydra.yml', setup, ['serve', 'all'])
      try {
        const discovery = (await (await fetch(`${url}/.well-known/openid-configuration`)).json()) as object
        expect(discovery).toMatchObject({
          issuer: 'https://app.example.com/authlance/openid',
          token_endpoint: 'https://app.example.com/authlance/openid/oauth2/token',
          claims_supported: expect.arrayContaining(['sub', 'email', 'groups', 'roles']),
        })
      } finally {
        await stop()
      }
    })
  })
})

/** Serves with a rendered file as it is, but for the paths of the image, on SQLite and loopback ports. */
async function serveOry(
  name: 'kratos' | 'hydra',
  file: string,
  { dir, env }: ComposeSetup,
  command: string[],
) {
  const home = tempDir(name)
  const config = join(home, 'config.yml')
  const rendered = join(dir, 'rendered', file)
  expect(existsSync(rendered)).toBe(true)
  writeFileSync(
    config,
    readFileSync(rendered, 'utf8').replaceAll('/etc/config/kratos', join(dir, 'rendered/kratos')),
  )

  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const settings = {
    DSN: `sqlite://${join(home, 'ory.sqlite')}?_fk=true`,
    SECRETS_COOKIE: env.KRATOS_COOKIE_SECRET,
    SECRETS_CIPHER: env.KRATOS_CIPHER_SECRET,
    SECRETS_SYSTEM: env.HYDRA_SYSTEM_SECRET,
    SERVE_PUBLIC_HOST: '127.0.0.1',
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_HOST: '127.0.0.1',
    SERVE_ADMIN_PORT: String(adminPort),
    SQA_OPT_OUT: 'true',
    DEV: undefined,
    LOG_LEVEL: undefined,
  }
  const program = await oryBinary(name)
  await runProcess(program, ['migrate', 'sql', 'up', '-e', '--yes', '-c', config], { env: settings })
  const server = startProcess(program, [...command, '-c', config], { env: settings })
  const url = `http://127.0.0.1:${publicPort}`
  await server.waitForProbe(async () => (await fetch(`${url}/health/ready`)).ok)
  return { url, stop: () => server.stop() }
}
