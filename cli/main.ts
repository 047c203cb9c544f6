import { defineCommand } from 'citty'
import manifest from '../package.json' with { type: 'json' }
import { runCommandLine } from './run-command.ts'

const main = defineCommand({
  meta: {
    name: 'authlance',
    version: manifest.version,
    description: manifest.description,
    examples: ['authlance config check --config config.yaml', 'authlance --version'],
  },
  subCommands: {
    backup: () => import('./commands/backup.ts').then((module) => module.default),
    config: () => import('./commands/config.ts').then((module) => module.default),
    doctor: () => import('./commands/doctor.ts').then((module) => module.default),
    events: () => import('./commands/events.ts').then((module) => module.default),
    'load-backup': () => import('./commands/load-backup.ts').then((module) => module.default),
    mail: () => import('./commands/mail.ts').then((module) => module.default),
    migrate: () => import('./commands/migrate.ts').then((module) => module.default),
    serve: () => import('./commands/serve.ts').then((module) => module.default),
    stripe: () => import('./commands/stripe.ts').then((module) => module.default),
    'stripe-webhook': () => import('./commands/stripe-webhook.ts').then((module) => module.default),
  },
})

// A reader that leaves early, such as head, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const exitCode = await runCommandLine(main, process.argv.slice(2))
if (exitCode !== 0) process.exit(exitCode)
