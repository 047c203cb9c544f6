import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { defineCommand } from 'citty'
import { backupFolder, wholeBackups } from '../../lib/backup/backup-key.ts'
import { type BackupSource, backupSources } from '../../lib/backup/backup-sources.ts'
import type { Manifest } from '../../lib/backup/manifest.ts'
import type { Config } from '../../lib/config.ts'
import { migrations } from '../../lib/db/migrations.ts'
import { readManifest } from '../../runtime/node/backup/fetch-backup.ts'
import { type ObjectStore, openObjectStore } from '../../runtime/node/backup/object-store.ts'
import { countInTarget, restore } from '../../runtime/node/backup/restore.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { endSignal } from '../end-signal.ts'
import { secretHider } from '../hide-secrets.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'

interface Args {
  config?: string
  database?: string
  key?: string
  latest?: boolean
  list?: boolean
  into?: string
  force?: boolean
  yes?: boolean
  json?: boolean
}

export default defineCommand({
  meta: {
    name: 'load-backup',
    description: 'Restore a backup that `authlance backup` made, once it is here whole and checked',
    examples: [
      'authlance load-backup --list',
      'authlance load-backup --database authlance --latest',
      'authlance load-backup --database authlance --latest --into authlance_drill',
      'authlance load-backup --database kratos --key backups/kratos/kratos-20260131T060000123Z.sql.zst --force',
    ],
  },
  args: {
    ...configArg,
    database: {
      type: 'string',
      valueHint: 'NAME',
      description: 'The database, as backup.databases names it',
    },
    key: { type: 'string', valueHint: 'KEY', description: 'The backup with this key' },
    latest: { type: 'boolean', description: 'The newest whole backup of the database' },
    list: { type: 'boolean', description: 'List the whole backups, the newest first, and change nothing' },
    into: {
      type: 'string',
      valueHint: 'NAME|FILE',
      description: 'Another database of the same server, or another SQLite file',
    },
    force: {
      type: 'boolean',
      description:
        'Replace what is in the database: MySQL loses it, SQLite keeps the former file under another name',
    },
    yes: { type: 'boolean', description: 'Do not ask before --force replaces anything' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    checkArgs(args)
    const config = loadConfigFile(args.config)
    const store = openObjectStore(config)
    try {
      await (args.list ? list(args, config, store) : load(args, config, store))
    } catch (error) {
      if (error instanceof ArgumentMistake) throw error
      throw new Error(secretHider(config)((error as Error).message), { cause: error })
    } finally {
      store.close()
    }
  },
})

function checkArgs({ list, key, latest, database }: Args): void {
  if (list) {
    if (key || latest) throw new ArgumentMistake('--list goes with neither --key nor --latest')
    return
  }
  if (!database) throw new ArgumentMistake('--database is missing')
  if (Boolean(key) === Boolean(latest)) throw new ArgumentMistake('either --key or --latest is needed')
}

async function list({ database, json }: Args, config: Config, store: ObjectStore): Promise<void> {
  const names = database ? [database] : backupSources(config).map(({ name }) => name)
  const found = []
  for (const name of names) {
    for (const key of wholeBackups(await store.list(backupFolder(config.backup.prefix, name)))) {
      const { createdAt, bytes, objectBytes, migration } = await readManifest(store, key)
      found.push({ database: name, key, createdAt, bytes, objectBytes, migration })
    }
  }
  if (json) console.log(JSON.stringify(found))
  else for (const { key, createdAt, bytes } of found) console.log(`${createdAt}  ${key}  ${bytes} bytes`)
}

async function load(args: Args, config: Config, store: ObjectStore): Promise<void> {
  const { json, into } = args
  const source = sourceNamed(args.database!, config)
  const target = into === undefined ? source : elsewhere(source, into)
  const key = args.key ?? (await latestOf(source, config, store))
  const manifest = await readManifest(store, key)
  if (manifest.database !== source.name) {
    throw new Error(`${key} is a backup of ${manifest.database}, not of ${source.name}`)
  }
  const { timeoutMs } = config.backup
  await mayReplace(args, target, await countInTarget(target, timeoutMs))

  const now = () => Date.now()
  const aside = await restore(store, { target, key, manifest, timeoutMs, now, signal: endSignal() })

  const { createdAt, bytes, migration } = manifest
  if (json) console.log(JSON.stringify({ database: where(target), key, createdAt, bytes, migration, aside }))
  else console.log(`${where(target)} is as it was at ${createdAt}`)
  if (aside) console.error(`the former file is ${aside}`)
  const advice = adviceOn(manifest)
  if (advice) console.error(advice)
}

function sourceNamed(name: string, config: Config): BackupSource {
  const sources = backupSources(config)
  const source = sources.find((candidate) => candidate.name === name)
  if (!source) throw new Error(`no database ${name}; there are: ${sources.map((one) => one.name).join(', ')}`)
  if (source.kind === 'unusable') throw new Error(`${name}: ${source.problem}`)
  return source
}

function elsewhere(source: BackupSource, into: string): BackupSource {
  return source.kind === 'mysql' ? { ...source, dbname: into } : { ...source, file: into }
}

function where(target: BackupSource): string {
  return target.kind === 'mysql' ? target.dbname : target.file
}

async function latestOf({ name }: BackupSource, config: Config, store: ObjectStore): Promise<string> {
  const folder = backupFolder(config.backup.prefix, name)
  const [newest] = wholeBackups(await store.list(folder))
  if (!newest) throw new Error(`there is no whole backup in ${folder}`)
  return newest
}

async function mayReplace({ force, yes }: Args, target: BackupSource, count: number): Promise<void> {
  if (count === 0) return
  const state = `${where(target)} is not empty: it has ${count} tables, views, routines and events`
  if (!force) throw new Error(`${state}; --force replaces them`)
  if (yes) return
  if (!process.stdin.isTTY) throw new Error(`${state}; --force --yes replaces them without a question`)

  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const left = once(terminal, 'close').then(() => '')
  const asked = terminal.question(`${state}. Type its name to replace them: `).catch(() => '')
  const answer = await Promise.race([asked, left])
  terminal.close()
  if (answer.trim() !== where(target)) throw new Error('nothing was changed')
}

function adviceOn({ migration }: Manifest): string | undefined {
  if (migration === null) return undefined
  const names = Object.keys(migrations)
  if (!names.includes(migration)) return 'it was made by a newer version of this program: start that one'
  return migration === names.at(-1)
    ? undefined
    : 'it is of an older version: `authlance migrate` brings it up to date'
}
