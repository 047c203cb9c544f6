import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { migrations } from '../../lib/db/migrations.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { requirePart } from '../parts/available.ts'
import { JWT_KEY, startGateway, writeConfig } from '../parts/gateway.ts'
import { createDatabase } from '../parts/mariadb.ts'
import { startProcess } from '../parts/process.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

const DYING = fileURLToPath(new URL('../parts/dying-server.ts', import.meta.url))
const NAMES = Object.keys(migrations)
const DATABASES = {
  sqlite: async () => ({ file: `${tempDir('migrate')}/db.sqlite` }),
  mariadb: () => createDatabase(inject('mariadb')!),
}

let config: Record<string, unknown>
let file: string

function use(database: object): void {
  const nowhere = 'http://127.0.0.1:9'
  config = { database, kratos: { url: nowhere, adminUrl: nowhere }, log: { level: 'error' } }
  file = writeConfig(config)
}

async function inDatabase<T>(work: (db: ReturnType<typeof openDatabase>['db']) => Promise<T>): Promise<T> {
  const { db, close } = openDatabase(parseConfig({ ...config, jwtKey: JWT_KEY }, { env: {} }).config)
  return work(db).finally(close)
}

const recorded = () =>
  inDatabase(async (db) => {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
    return rows.map(({ name }) => name)
  })

const lines = (state: string) => NAMES.map((name) => `${state} ${name}\n`).join('')

describe.each(['sqlite', 'mariadb'] as const)('migrate on %s', (kind) => {
  const skipped = kind === 'mariadb' && requirePart('mariadb')
  beforeEach(async () => {
    if (!skipped) use(await DATABASES[kind]())
  })

  it.skipIf(skipped)(
    'tells what is pending without changing anything, applies it once, and says so',
    async () => {
      const status = () => runCli('migrate', '--status', '--config', file)
      for (let look = 0; look < 2; look++) {
        const stderr = kind === 'sqlite' ? 'no database yet: every migration is pending\n' : ''
        expect(await status()).toEqual({ code: 1, stdout: lines('pending'), stderr })
      }
      const migrate = () => runCli('migrate', '--config', file)
      expect(await migrate()).toEqual({ code: 0, stdout: lines('applied'), stderr: '' })
      expect(await migrate()).toEqual({ code: 0, stdout: 'up to date\n', stderr: '' })
      expect(await status()).toEqual({ code: 0, stdout: lines('applied'), stderr: '' })
    },
  )

  it.skipIf(skipped)('and serve stop with one line on a database of a newer program', async () => {
    await runCli('migrate', '--config', file)
    const newer = { name: '9999_add_what_comes', timestamp: new Date(0).toISOString() }
    await inDatabase((db) =>
      sql`insert into kysely_migration values (${newer.name}, ${newer.timestamp})`.execute(db),
    )

    for (const command of [['serve'], ['migrate', '--status']]) {
      const { code, stdout, stderr } = await runCli(...command, '--config', file)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /^authlance: the database is newer than this program \(it has 9999_add_what_comes\).*\n$/,
      )
    }
    expect(await recorded()).toEqual([...NAMES, newer.name])
  })

  it.skipIf(skipped)('ends what a migration left that was killed after any statement', async () => {
    let deaths = 0
    for (const statement of [2, 9, 25, 47, 1000]) {
      use(await DATABASES[kind]())
      const env = { AUTHLANCE_DIE_AFTER: String(statement), AUTHLANCE_DIE_FROM: 'kysely_migration' }
      const dying = startProcess(process.execPath, [DYING, 'serve', '--config', file], { env })
      const survived = await Promise.race([
        dying.waitForLine(/ready/).catch(() => null),
        dying.exit.then(() => null),
      ])
      await dying.kill()
      if (survived) break

      deaths++
      await inDatabase((db) => migrate(db, { tiers: [] }))
      expect(await recorded()).toEqual(NAMES)
    }
    expect(deaths).toBe(4)
  })
})

describe.skipIf(requirePart('mariadb'))('replicas that start together on an empty database', () => {
  beforeEach(async () => use(await DATABASES.mariadb()))

  it('migrate once, and all come up', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startGateway(config)))
    expect(await recorded()).toEqual(NAMES)
    for (const { url } of servers) {
      const answer = await (await fetch(`${url}/readyz`)).json()
      expect(answer.parts.database.state).toBe('up')
    }
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('share the migrations among them: each is applied by one', async () => {
    const results = await Promise.all([1, 2, 3].map(() => runCli('migrate', '--config', file)))
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2, 3].map(() => [0, '']))
    const applied = results.flatMap(({ stdout }) => stdout.match(/^applied .*\n/gm) ?? [])
    expect(applied.toSorted().join('')).toBe(lines('applied'))
  })

  it('still bring the configured tiers in, and refuse a newer database, when they are told not to migrate', async () => {
    use({ file: `${tempDir('migrate')}/db.sqlite` })
    expect((await runCli('migrate', '--config', file)).code).toBe(0)
    const settings = { ...config, migrateOnStart: false, paymentTier: { tierName: 'Later', price: 1 } }
    const server = await startGateway(settings)
    const tiers = await fetch(`${server.url}/authlance/identity/api/v1/subscriptions/tiers`)
    expect([tiers.status, await tiers.json()]).toEqual([
      200,
      [expect.objectContaining({ tierName: 'Later' })],
    ])
    await server.stop()

    await inDatabase((db) =>
      sql`insert into kysely_migration (name, timestamp) values ('9999_of_the_future', '')`.execute(db),
    )
    const refused = await runCli('serve', '--config', writeConfig({ ...config, migrateOnStart: false }))
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('newer than this program')])
  })

  it('do not migrate when they are told not to, and are out of service until somebody does', async () => {
    const server = await startGateway({ ...config, migrateOnStart: false })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    await runCli('migrate', '--config', file)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await server.stop()
  })
})
