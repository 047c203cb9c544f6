import type { Config } from '../../lib/config.ts'
import { type RunOptions, runServer } from './run-server.ts'
import { openWorkerLink } from './worker-link.ts'

/** Serves as one of several processes that the primary has forked. @see runServer */
export async function runWorker(config: Config, { read }: Pick<RunOptions, 'read'>): Promise<never> {
  const link = openWorkerLink()
  // A signal to the whole group comes to the primary too, which first sees to it that no connection is on its way.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, link.leave)
  process.on('SIGHUP', () => undefined)
  return runServer(config, {
    read,
    ready: link.ready,
    shared: link.shared,
    control: { onReload: link.onReload, stopAsked: () => link.stopAsked, drained: true },
  })
}
