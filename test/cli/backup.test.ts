import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { type BackupBucket, startBackupBucket } from '../parts/backup-bucket.ts'
import { writeConfig } from '../parts/gateway.ts'
import { createDatabase, type Database } from '../parts/mariadb.ts'
import { runCli } from '../parts/run-cli.ts'

const NOWHERE = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
const KEY = /^backups\/(\w+)\/\1-\d{8}T\d{9}Z\.sql\.zst$/

requirePart('mariadb')

describe('backup and load-backup on MariaDB', () => {
  let bucket: BackupBucket

  beforeAll(async () => {
    bucket = await startBackupBucket()
  })
  afterAll(() => bucket.stop())

  const newDatabase = () => createDatabase(inject('mariadb')!)
  const configOf = ({ dbname, ...server }: Database, backup: object = {}) =>
    writeConfig({ database: { ...server, dbname }, kratos: NOWHERE, s3Config: bucket.s3Config, backup })

  test('several databases come back with rows, routines, triggers, views, events, blobs and every letter', async () => {
    const [auth, kratos, drill] = [await newDatabase(), await newDatabase(), await newDatabase()]
    await fill(auth)
    await fill(kratos)
    const config = configOf(auth, { databases: [auth.dbname, kratos.dbname] })

    const backup = await runCli('backup', '--config', config, '--json')
    expect(backup).toMatchObject({ code: 0, stderr: '' })
    const outcomes = JSON.parse(backup.stdout)
    expect(outcomes.map(({ database }: { database: string }) => database)).toEqual([
      auth.dbname,
      kratos.dbname,
    ])
    for (const { key } of outcomes) expect(key).toMatch(KEY)

    const args = ['--config', config, '--database', kratos.dbname, '--latest', '--into', drill.dbname]
    const { code, stdout, stderr } = await runCli('load-backup', ...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^${drill.dbname} is as it was at \\d{4}-\\d\\d-\\d\\dT`))
    expect(await contentOf(drill)).toEqual(await contentOf(kratos))
  })

  test('a user who may do everything in a database, and nothing beside it, can back it up and restore it', async () => {
    const [auth, drill] = [await newDatabase(), await newDatabase()]
    const limited = {
      ...auth,
      user: `u_${randomBytes(6).toString('hex')}`,
      password: randomBytes(12).toString('hex'),
    }
    await using admin = await createConnection(login(auth))
    await admin.query('create user ? identified by ?', [limited.user, limited.password])
    for (const { dbname } of [auth, drill])
      await admin.query('grant all on ??.* to ?', [dbname, limited.user])
    await fill(limited)
    const config = configOf(limited)

    expect(await runCli('backup', '--config', config)).toMatchObject({ code: 0, stderr: '' })
    const args = ['--config', config, '--database', auth.dbname, '--latest', '--into', drill.dbname]
    expect(await runCli('load-backup', ...args)).toMatchObject({ code: 0, stderr: '' })
    expect(await contentOf(drill)).toEqual(await contentOf(auth))
    const again = await runCli('load-backup', ...args, '--force', '--yes')
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(await contentOf(drill)).toEqual(await contentOf(auth))
    await admin.query('drop user ?', [limited.user])
  })
})

const SMILE = '\u{1F600}\u{10FFFF}'

async function fill(database: Database): Promise<void> {
  await using connection = await createConnection({ ...login(database), multipleStatements: true })
  await connection.query(`
    create table parents (id int primary key auto_increment, name varchar(200) not null, note text, data longblob);
    create table children (id bigint primary key, parent int not null references parents (id), total bigint as (id * 2) stored);
    create table log (line text);
    create view named as select id, name from parents;
    create trigger logged after insert on children for each row insert into log values (concat('child;', new.id));
    create procedure rename_all(in tail varchar(20)) begin update parents set name = concat(name, tail); select 'done;'; end;
    create function twice(n int) returns int deterministic return n * 2;
    create event tidy on schedule every 1 day do delete from log where line = 'x;y';
  `)
  const rows = [
    [SMILE, "line\r\nquote ' back\\slash \\! echo", randomBytes(100_000)],
    ['zero\0byte', null, Buffer.from([0, 255, 13, 10, 39, 92])],
    ['', '-- no comment\n/* nor this */; \\G\ndelimiter $$', Buffer.alloc(0)],
  ]
  for (const row of rows) await connection.query('insert into parents (name, note, data) values (?)', [row])
  await connection.query('insert into children (id, parent) values (9007199254740993, 1)')
}

async function contentOf(database: Database) {
  await using connection = await createConnection({ ...login(database), supportBigNumbers: true })
  const query = async (sql: string) => (await connection.query(sql))[0] as Record<string, unknown>[]
  return {
    parents: await query('select * from parents order by id'),
    children: await query('select * from children'),
    log: await query('select * from log'),
    view: await query('select * from named order by id'),
    twice: await query('select twice(21) as answer'),
    objects: await query(
      `select trigger_name as name, action_statement as body from information_schema.triggers where trigger_schema = database()
       union all select routine_name, routine_definition from information_schema.routines where routine_schema = database()
       union all select event_name, event_definition from information_schema.events where event_schema = database()
       order by name`,
    ),
  }
}

function login({ host, port, user, password, dbname }: Database) {
  return { host, port, user, password, database: dbname, charset: 'utf8mb4_bin' }
}
