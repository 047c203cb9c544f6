import { defineCommand } from 'citty'
import { inPart } from '../../lib/async/in-part.ts'
import { secretValues } from '../../lib/config/secrets.ts'
import { type ReplayReport, replayEvents } from '../../lib/events/replay.ts'
import { SUBJECTS, type Subject } from '../../lib/events/subjects.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { createLog } from '../../runtime/node/log.ts'
import { createNatsBus } from '../../runtime/node/nats-bus.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'
import { sinceOf } from '../since-option.ts'
import { dead, list, retry, show } from './events-kept.ts'

const replay = defineCommand({
  meta: {
    name: 'replay',
    description: 'Publish relayed events again with their ids, to refill a stream',
    examples: [
      'authlance events replay --since 24h',
      'authlance events replay --since 2026-01-31T00:00:00Z --subject user.created,group.created',
    ],
  },
  args: {
    ...configArg,
    since: {
      type: 'string',
      required: true,
      valueHint: 'DURATION|TIME',
      description: 'How far back: 90s, 30m, 24h, 7d, or an ISO 8601 time',
    },
    subject: {
      type: 'string',
      valueHint: 'SUBJECT,...',
      description: 'Only these subjects; default: all but work queues',
    },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const since = sinceOf(args.since)
    const subjects = args.subject === undefined ? undefined : subjectsOf(args.subject)
    const config = loadConfigFile(args.config)
    if (!config.nats.url) throw new Error('nats.url is not configured: there is no stream to refill')

    const { db, close } = await inPart('database', () => openDatabase(config))
    const bus = createNatsBus(config, createLog(config.log.level, secretValues(config), process.stderr))
    try {
      const report = await replayEvents({ db, bus, config, since, subjects, progress: showProgress })
      console.log(args.json ? JSON.stringify(report) : summary(report))
      if (report.refused > 0) process.exitCode = 1
    } finally {
      await bus.close()
      await close()
    }
  },
})

function subjectsOf(text: string): Subject[] {
  return text.split(',').map((part) => {
    const subject = part.trim()
    if (Object.hasOwn(SUBJECTS, subject)) return subject as Subject
    throw new ArgumentMistake(`no subject ${subject}; there are: ${Object.keys(SUBJECTS).join(', ')}`)
  })
}

function showProgress({ published }: ReplayReport): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${published} events published again`)
}

function summary({ published, duplicates, refused }: ReplayReport): string {
  const fresh = `${published} events published again, of which the streams still knew ${duplicates}`
  return refused > 0 ? `${fresh}; ${refused} refused` : fresh
}

export default defineCommand({
  meta: {
    name: 'events',
    description: 'Look after events: those to be published, and those that Stripe sent',
    examples: [
      'authlance events dead',
      'authlance events retry --all',
      'authlance events replay --since 24h',
    ],
  },
  subCommands: { list, show, dead, retry, replay },
})
