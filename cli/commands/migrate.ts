import { defineCommand } from 'citty'
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
    const [{ migrate, migrationState }, { openDatabase }] = await Promise.all([
      import('../../lib/db/migrate.ts'),
      import('../../runtime/node/database.ts'),
    ])
    const { db, close } = openDatabase(config, { patient: true })
    try {
      if (args.status) {
        const { applied, pending } = await migrationState(db)
        for (const name of applied) console.log(`applied ${name}`)
        for (const name of pending) console.log(`pending ${name}`)
        if (pending.length) process.exitCode = 1
      } else {
        const applied = await migrate(db, config)
        for (const name of applied) console.log(`applied ${name}`)
        if (!applied.length) console.log('up to date')
      }
    } finally {
      await close()
    }
  },
})
