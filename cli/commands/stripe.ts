import { randomUUID } from 'node:crypto'
import { defineCommand } from 'citty'
import { inPart } from '../../lib/async/in-part.ts'
import { type ReconcileReport, reconcile } from '../../lib/billing/reconcile/reconcile.ts'
import { StripeAwayError } from '../../lib/billing/stripe-away.ts'
import { secretValues } from '../../lib/config/secrets.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { createLog } from '../../runtime/node/log.ts'
import { describeReconcile } from '../describe-reconcile.ts'
import { configArg, loadConfigFile } from '../load-config-file.ts'
import { createProgress } from '../progress.ts'
import { sinceOf } from '../since-option.ts'

const reconcileCommand = defineCommand({
  meta: {
    name: 'reconcile',
    description: 'Take in the events that the webhook missed, and mend what differs from Stripe',
    examples: [
      'authlance stripe reconcile --config config.yaml',
      'authlance stripe reconcile --since 30d --dry-run',
    ],
  },
  args: {
    ...configArg,
    since: {
      type: 'string',
      valueHint: 'DURATION|TIME',
      description: 'How far back: 24h, 30d, or an ISO 8601 time; default: where the last run left off',
    },
    'dry-run': { type: 'boolean', description: 'Write nothing; say what differs' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const since = args.since === undefined ? undefined : sinceOf(args.since)
    const config = loadConfigFile(args.config)
    if (!config.stripe.secretKey) throw new Error('stripe.secretKey is not configured')

    const log = createLog(config.log.level, secretValues(config), process.stderr)
    const { db, close } = await inPart('database', () => openDatabase(config))
    const clock = { now: () => Date.now() }
    const work = { db, config, log, clock, metrics: noMetrics, owner: randomUUID(), random: Math.random }
    const progress = createProgress(process.stderr)
    try {
      const dryRun = args['dry-run'] ?? false
      const options = { dryRun, onProgress: progress.show, ...(since !== undefined && { since }) }
      const report = await reconcile(work, options).catch(namePart)
      progress.end()
      if (!report) throw new Error('another process is reconciling: try again when it is done')
      console.log(args.json ? JSON.stringify(report) : describeReconcile(report satisfies ReconcileReport))
    } finally {
      progress.end()
      await close()
    }
  },
})

function namePart(error: unknown): Promise<never> {
  if (error instanceof StripeAwayError) throw error
  return inPart('database', () => {
    throw error
  })
}

export default defineCommand({
  meta: {
    name: 'stripe',
    description: 'Look after what Stripe bills',
    examples: ['authlance stripe reconcile --dry-run'],
  },
  subCommands: { reconcile: reconcileCommand },
})
