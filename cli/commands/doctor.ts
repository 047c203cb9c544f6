import { defineCommand } from 'citty'
import { runDoctor } from '../../runtime/node/doctor/run-doctor.ts'
import { describeFindings } from '../describe-findings.ts'
import { configArg, configPath } from '../load-config-file.ts'

export default defineCommand({
  meta: {
    name: 'doctor',
    description:
      'Look at everything the service needs and tell what is wrong; exit 1 when something is broken',
    examples: [
      'authlance doctor --config config.yaml',
      'authlance doctor --kratos-config kratos.yaml --hydra-config hydra.yaml',
      'authlance doctor --json | jq \'.[] | select(.state == "broken")\'',
    ],
  },
  args: {
    ...configArg,
    'kratos-config': {
      type: 'string',
      valueHint: 'FILE',
      description: "Kratos' own configuration, to see whether its courier and hooks point here",
    },
    'hydra-config': {
      type: 'string',
      valueHint: 'FILE',
      description: "Hydra's own configuration, to see whether its token hook points here",
    },
    'nats-monitor': {
      type: 'string',
      valueHint: 'URL',
      description: 'Monitoring port of NATS, which tells how often it writes to disk',
    },
    json: { type: 'boolean', description: 'Print a JSON array' },
  },
  async run({ args }) {
    const findings = await runDoctor({
      configPath: configPath(args.config),
      ...(args['kratos-config'] && { kratosConfig: args['kratos-config'] }),
      ...(args['hydra-config'] && { hydraConfig: args['hydra-config'] }),
      ...(args['nats-monitor'] && { natsMonitor: args['nats-monitor'] }),
    })
    const { isTTY = false } = process.stdout
    console.log(args.json ? JSON.stringify(findings, null, 2) : describeFindings(findings, isTTY))
    // Whatever a driver still holds of a server that never answered must not keep the process.
    process.exit(findings.some(({ state }) => state === 'broken') ? 1 : 0)
  },
})
