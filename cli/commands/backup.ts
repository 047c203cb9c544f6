import { defineCommand } from 'citty'
import { type BackupSource, backupSources, type UnusableSource } from '../../lib/backup/backup-sources.ts'
import type { Manifest } from '../../lib/backup/manifest.ts'
import { type BackupContext, backUp, removeOldBackups } from '../../runtime/node/backup/back-up.ts'
import { openObjectStore } from '../../runtime/node/backup/object-store.ts'
import { endSignal } from '../end-signal.ts'
import { secretHider } from '../hide-secrets.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'

export default defineCommand({
  meta: {
    name: 'backup',
    description: 'Dump the databases of backup.databases into the bucket s3Config.secondaryBucket',
    examples: ['authlance backup --config config.yaml', 'authlance backup --json'],
  },
  args: {
    ...configArg,
    json: { type: 'boolean', description: 'Print a JSON array' },
  },
  async run({ args }) {
    const config = loadConfigFile(args.config)
    const hide = secretHider(config)
    const { backup } = config
    const signal = endSignal()
    const store = openObjectStore(config, signal)
    const context = { store, backup, now: () => Date.now(), signal }

    const outcomes: Outcome[] = []
    for (const source of backupSources(config)) {
      const outcome = await tryBackUp(source, context)
      if (outcome.error !== undefined) outcome.error = hide(outcome.error)
      outcomes.push(outcome)
      if (!args.json && outcome.key) console.log(line(outcome))
      if (outcome.error !== undefined) console.error(`authlance: ${outcome.database}: ${outcome.error}`)
    }
    store.close()

    if (args.json) console.log(JSON.stringify(outcomes))
    if (outcomes.some(({ error }) => error !== undefined)) process.exitCode = 1
  },
})

/** A key and an error at once: the backup is there, and old ones could not be removed. */
interface Outcome extends Partial<Pick<Manifest, 'bytes' | 'objectBytes' | 'sha256'>> {
  database: string
  key?: string
  seconds?: number
  removed?: number
  error?: string
}

async function tryBackUp(source: BackupSource | UnusableSource, context: BackupContext): Promise<Outcome> {
  const { name: database } = source
  if (source.kind === 'unusable') return { database, error: source.problem }
  const { store, backup, signal } = context
  const outcome: Outcome = { database }
  const start = performance.now()
  try {
    signal?.throwIfAborted()
    const { key, manifest } = await backUp(source, context)
    const { bytes, objectBytes, sha256 } = manifest
    const seconds = Math.round((performance.now() - start) / 100) / 10
    Object.assign(outcome, { key, bytes, objectBytes, sha256, seconds })
    if (backup.keep) {
      outcome.removed = (await removeOldBackups(store, backup.prefix, database, backup.keep)).length
    }
  } catch (error) {
    const reason = signal?.aborted ? 'interrupted' : oneLine(error)
    outcome.error = outcome.key ? `old backups could not be removed: ${reason}` : reason
  }
  return outcome
}

function line({ database, key, bytes, objectBytes, seconds, removed }: Outcome): string {
  const parts = [database, key, `${bytes} bytes`, `${objectBytes} stored`, `${seconds} s`]
  return [...parts, ...(removed ? [`${removed} old removed`] : [])].join('  ')
}

function oneLine(error: unknown): string {
  const { message, code, name } = error as Partial<NodeJS.ErrnoException>
  return (message || code || name || 'unknown failure').replace(/\s+/g, ' ')
}
