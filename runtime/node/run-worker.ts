import { runServer } from './run-server.ts'
import { openWorkerLink } from './worker-link.ts'

/**
 * Serves as one of several processes that the primary has forked, with the configuration that it gives: the file may be another by now,
 * or one that cannot be used.
 * @see runServer
 */
export async function runWorker(): Promise<never> {
  const link = openWorkerLink()
  // A signal to the whole group comes to the primary too, which first sees to it that no connection is on its way.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, link.leave)
  process.on('SIGHUP', () => undefined)
  const { config } = await link.configured
  return runServer(config, {
    read: link.newest,
    ready: link.ready,
    shared: link.shared,
    control: {
      onReload: link.onReload,
      refused: link.refused,
      stopAsked: () => link.stopAsked,
      drained: true,
    },
  })
}
