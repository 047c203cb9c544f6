import { defineCommand } from 'citty'
import { importTokenKeys } from '../../lib/auth/token-keys.ts'
import { jsonSchema } from '../../lib/config/json-schema.ts'
import { paymentGaps } from '../../lib/config/payment-warnings.ts'
import { configArg, configPath, loadConfigFile, printWarnings } from '../load-config-file.ts'

const check = defineCommand({
  meta: {
    name: 'check',
    description: 'Check a configuration file and name every problem',
    examples: ['authlance config check --config config.yaml'],
  },
  args: configArg,
  async run({ args }) {
    const config = loadConfigFile(args.config)
    printWarnings(paymentGaps(config))
    await importTokenKeys(config)
    console.log(`ok ${configPath(args.config)}`)
  },
})

const schema = defineCommand({
  meta: {
    name: 'schema',
    description: 'Print a JSON Schema of the configuration file, for editors',
    examples: ['authlance config schema > config.schema.json'],
  },
  run() {
    console.log(JSON.stringify(jsonSchema(), null, 2))
  },
})

export default defineCommand({
  meta: {
    name: 'config',
    description: 'Check and describe the configuration',
    examples: ['authlance config check --config config.yaml', 'authlance config schema'],
  },
  subCommands: { check, schema },
})
