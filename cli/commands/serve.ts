import { defineCommand } from 'citty'
import { paymentGaps } from '../../lib/config/payment-warnings.ts'
import { secretValues } from '../../lib/config/secrets.ts'
import { configArg, loadConfigFile, printWarnings } from '../load-config-file.ts'

export default defineCommand({
  meta: {
    name: 'serve',
    description: 'Start the service; SIGTERM or SIGINT stops it cleanly',
    examples: ['authlance serve --config config.yaml'],
  },
  args: configArg,
  async run({ args }) {
    const config = loadConfigFile(args.config)
    printWarnings(paymentGaps(config))
    const [{ createLog }, { serve }] = await Promise.all([
      import('../../runtime/node/log.ts'),
      import('../../runtime/node/serve.ts'),
    ])
    const log = createLog(config.log.level, secretValues(config))
    const server = await serve(config, { log })
    console.log(`ready: api ${server.url} internal ${server.internalUrl}`)
    await stopSignal()
    const limit = setTimeout(() => {
      log.error({}, 'stopped before everything was done')
      process.exit(1)
    }, config.shutdown.timeoutMs)
    await server.stop()
    clearTimeout(limit)
    process.exit(0)
  },
})

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
