import type { Config } from '../../lib/config.ts'
import type { NodeMetrics, SumMetrics } from './metrics.ts'
import { type RunOptions, runServer } from './run-server.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** Serves as one of several processes that the primary has forked. @see runServer */
export async function runWorker(config: Config, { read }: Pick<RunOptions, 'read'>): Promise<never> {
  // A signal to the whole group comes twice: by itself and from the primary.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined)
  const link = openLink()
  return runServer(config, {
    read,
    sumMetrics: link.sumMetrics,
    ready({ url, internalUrl, metrics }) {
      link.answerWith(metrics)
      send({ kind: 'ready', url, internalUrl })
    },
  })
}

/** The side of a worker. */
function openLink(): { sumMetrics: SumMetrics; answerWith(metrics: NodeMetrics): void } {
  const asked = new Map<number, (text: string) => void>()
  let metrics: NodeMetrics | undefined
  let lastId = 0

  process.on('message', async (message: ToWorker) => {
    if (message.kind === 'sum') {
      asked.get(message.id)?.(message.text)
      asked.delete(message.id)
    } else if (metrics) {
      send({ kind: 'snapshot', id: message.id, metrics: await metrics.snapshot() })
    }
  })
  return {
    sumMetrics: () =>
      new Promise((resolve) => {
        const id = ++lastId
        asked.set(id, resolve)
        send({ kind: 'sum', id })
      }),
    answerWith(own) {
      metrics = own
    },
  }
}

/** Without a primary there is nobody to tell, and the worker ends. */
function send(message: FromWorker): void {
  if (process.connected) process.send!(message)
}
