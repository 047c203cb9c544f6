import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { defineCommand } from 'citty'
import { paymentGaps } from '../../lib/config/payment-warnings.ts'
import type { Config, LoadedConfig } from '../../lib/config.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { configArg, loadConfigFile, printWarnings, readConfigFile } from '../load-config-file.ts'

const MAX_WORKERS = 128

export default defineCommand({
  meta: {
    name: 'serve',
    description:
      'Start the service; SIGTERM or SIGINT stops it cleanly, SIGHUP reloads the configuration and its secret files',
    examples: ['authlance serve --config config.yaml', 'authlance serve --workers auto'],
  },
  args: {
    ...configArg,
    workers: {
      type: 'string',
      valueHint: 'N',
      default: '1',
      description: 'Processes that share the ports, or `auto`: one for each core; not with SQLite',
    },
  },
  async run({ args }) {
    if (cluster.isWorker) {
      const { runWorker } = await import('../../runtime/node/run-worker.ts')
      return runWorker()
    }

    const asked = parseWorkers(args.workers)
    const read = () => withPaymentGaps(readConfigFile(args.config))
    const config = loadConfigFile(args.config)
    printWarnings(paymentGaps(config))
    const workers = countWorkers(asked, config)
    const ready = ({ url, internalUrl }: { url: string; internalUrl: string }) =>
      console.log(`ready: api ${url} internal ${internalUrl}`)
    if (workers > 1) {
      const { runPrimary } = await import('../../runtime/node/run-primary.ts')
      return runPrimary(config, { workers, read, ready })
    }
    const { runServer } = await import('../../runtime/node/run-server.ts')
    return runServer(config, { read, ready })
  },
})

function withPaymentGaps({ config, warnings }: LoadedConfig): LoadedConfig {
  return { config, warnings: [...warnings, ...paymentGaps(config)] }
}

function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_WORKERS) return count
  throw new ArgumentMistake(`--workers needs a number from 1 to ${MAX_WORKERS}, or auto`)
}

/** @throws where several processes cannot share the database */
function countWorkers(asked: number | 'auto', { database }: Config): number {
  if (asked === 'auto') return database.file ? 1 : Math.min(availableParallelism(), MAX_WORKERS)
  if (asked > 1 && database.file) {
    throw new Error('--workers: database.file (SQLite) takes one process; several need MySQL or MariaDB')
  }
  return asked
}
