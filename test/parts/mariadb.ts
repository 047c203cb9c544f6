import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { programPath } from './find-program.ts'
import { freePort } from './free-port.ts'
import { runProcess, startProcess } from './process.ts'
import { type Restartable, restartable } from './restartable.ts'
import { tempDir } from './temp-dir.ts'

export interface DatabaseServer {
  host: string
  port: number
  user: string
  password: string
}

export interface Database extends DatabaseServer {
  dbname: string
}

export interface MariaDb extends Restartable, DatabaseServer {
  /** Makes an empty utf8mb4 database, under a random name when none is given. */
  createDatabase(name?: string): Promise<Database>
}

/** MySQL 8's default, so that a statement which production refuses fails here too. */
const MYSQL_8_SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/**
 * Starts a MariaDB with its own data directory on a loopback port. Commits are as durable as in production, so that
 * tests may kill it; what only costs memory or start-up time is small or off.
 */
export async function startMariaDb(): Promise<MariaDb> {
  const dir = tempDir('mariadb')
  const server = {
    host: '127.0.0.1',
    port: await freePort(),
    user: 'authlance',
    password: randomBytes(12).toString('hex'),
  }
  await installDataDirectory(dir, server)

  const running = await restartable(async () => {
    const mariadbd = startProcess(programPath('mariadbd'), serverArgs(dir, server.port))
    await mariadbd.waitForProbe(() => answers(server), 30_000)
    return mariadbd
  })
  return Object.assign(running, server, { createDatabase: (name?: string) => createDatabase(server, name) })
}

/** Makes an empty database on a running server, such as the one that the test run shares. */
export async function createDatabase(
  server: DatabaseServer,
  dbname = `test_${randomBytes(6).toString('hex')}`,
): Promise<Database> {
  const { host, port, user, password } = server
  await using connection = await createConnection({ host, port, user, password })
  await connection.query('CREATE DATABASE ?? CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', [dbname])
  return { host, port, user, password, dbname }
}

async function installDataDirectory(dir: string, { user, password }: DatabaseServer): Promise<void> {
  await runProcess(programPath('mariadb-install-db'), [
    '--no-defaults',
    `--datadir=${dataDir(dir)}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    // Temporary tables are named after the process id alone: in a directory of our own they meet nobody else's.
    `--tmpdir=${dir}`,
    ...asRoot(),
  ])
  const account = `'${user}'@'%'`
  writeFileSync(
    initFile(dir),
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';\n` +
      `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  )
}

function serverArgs(dir: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${dataDir(dir)}`,
    `--socket=${join(dir, 'mariadb.sock')}`,
    `--pid-file=${join(dir, 'mariadb.pid')}`,
    `--tmpdir=${dir}`,
    `--init-file=${initFile(dir)}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    `--sql-mode=${MYSQL_8_SQL_MODE}`,
    '--performance-schema=OFF',
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=32M',
    '--max-connections=400',
    ...asRoot(),
  ]
}

/** Whether the account can sign in: the server listens a moment before it has run the init file. */
async function answers({ host, port, user, password }: DatabaseServer): Promise<boolean> {
  await using connection = await createConnection({ host, port, user, password, connectTimeout: 2000 })
  await connection.query('SELECT 1')
  return true
}

function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : []
}

function dataDir(dir: string): string {
  return join(dir, 'data')
}

function initFile(dir: string): string {
  return join(dir, 'init.sql')
}
