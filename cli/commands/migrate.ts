import { existsSync } from 'node:fs'
import { defineCommand } from 'citty'
import { inPart } from '../../lib/async/in-part.ts'
import type { Config } from '../../lib/config.ts'
import { type MigrationState, migrate, migrationState } from '../../lib/db/migrate.ts'
import { migrations } from '../../lib/db/migrations.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'

export default defineCommand({
  meta: {
    name: 'migrate',
    description: 'Bring the database up to date, or tell what is missing',
    examples: ['authlance migrate --config config.yaml', 'authlance migrate --status'],
  },
  args: {
    ...configArg,
    status: { type: 'boolean', description: 'Change nothing; exit 1 when migrations are pending' },
  },
  async run({ args }) {
    const config = loadConfigFile(args.config)
    await inPart('database', () => (args.status ? showStatus(config) : bringUpToDate(config)))
  },
})

async function showStatus(config: Config): Promise<void> {
  const { applied, pending } = await stateOf(config)
  for (const name of applied) console.log(`applied ${name}`)
  for (const name of pending) console.log(`pending ${name}`)
  if (pending.length) process.exitCode = 1
}

async function stateOf(config: Config): Promise<MigrationState> {
  const { file } = config.database
  if (file && file !== ':memory:' && !existsSync(file)) {
    console.error('no database yet: every migration is pending')
    return { applied: [], pending: Object.keys(migrations) }
  }
  const { db, close } = openDatabase(config, { patient: true, readOnly: true })
  try {
    return await migrationState(db)
  } finally {
    await close()
  }
}

async function bringUpToDate(config: Config): Promise<void> {
  const { db, close } = openDatabase(config, { patient: true })
  try {
    const applied = await migrate(db, config)
    for (const name of applied) console.log(`applied ${name}`)
    if (!applied.length) console.log('up to date')
  } finally {
    await close()
  }
}
