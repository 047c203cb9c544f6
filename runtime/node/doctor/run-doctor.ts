import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { secretValues } from '../../../lib/config/secrets.ts'
import { unreadable } from '../../../lib/config/unreadable.ts'
import type { Config } from '../../../lib/config.ts'
import { examineParts, type Part } from '../../../lib/doctor/examine-parts.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import type { Settings } from '../../../lib/doctor/settings.ts'
import { secretRedactor } from '../../redact-secrets.ts'
import { examineDatabase } from './examine-database.ts'
import { examineHost } from './examine-host.ts'
import { examineHydra } from './examine-hydra.ts'
import { examineKratos } from './examine-kratos.ts'
import { examineNats } from './examine-nats.ts'
import { examineOutbox } from './examine-outbox.ts'
import { examinePorts } from './examine-ports.ts'
import { examineStripe } from './examine-stripe.ts'
import { readConfiguration } from './read-configuration.ts'

export interface DoctorOptions {
  configPath: string
  /** Kratos' and Hydra's own configuration files. */
  kratosConfig?: string
  hydraConfig?: string
  /** Monitoring port of NATS, such as `http://nats:8222`. */
  natsMonitor?: string
  /** For each part; default 30 s. */
  limitMs?: number
}

const LIMIT_MS = 30_000

/** Looks at everything that a configuration names, and changes nothing. No finding holds a secret. */
export async function runDoctor(options: DoctorOptions): Promise<Finding[]> {
  let config: Config | undefined
  const first = await examineParts(
    [
      {
        name: 'configuration',
        async *examine() {
          const read = await readConfiguration(options.configPath)
          config = read.config
          yield* read.findings
        },
      },
    ],
    options.limitMs ?? LIMIT_MS,
  )
  const rest = await examineParts(partsOf(config, options), options.limitMs ?? LIMIT_MS)
  const redact = redactor(config)
  return [...first, ...rest].map(redact)
}

const NEEDING_CONFIG = ['database', 'outbox', 'nats', 'kratos', 'hydra', 'stripe', 'ports']

function partsOf(config: Config | undefined, options: DoctorOptions): Part[] {
  const host = { name: 'host', examine: () => examineHost(config) }
  if (!config) return [...NEEDING_CONFIG.map(withoutConfig), host]
  const now = Date.now()
  const monitorUrl = options.natsMonitor
  return [
    { name: 'database', examine: () => examineDatabase(config) },
    { name: 'outbox', examine: () => examineOutbox(config, now) },
    { name: 'nats', examine: () => examineNats(config, { now, ...(monitorUrl && { monitorUrl }) }) },
    {
      name: 'kratos',
      examine: () =>
        withSettings('kratos', options.kratosConfig, (settings) => examineKratos(config, settings)),
    },
    {
      name: 'hydra',
      examine: () => withSettings('hydra', options.hydraConfig, (settings) => examineHydra(config, settings)),
    },
    { name: 'stripe', examine: () => examineStripe(config) },
    { name: 'ports', examine: () => examinePorts(config) },
    host,
  ]
}

function withoutConfig(name: string): Part {
  const finding = judgeOf(name).skipped('configuration', 'the configuration cannot be used', 'mend it first')
  return {
    name,
    async *examine() {
      yield finding
    },
  }
}

async function* withSettings(
  part: string,
  file: string | undefined,
  examine: (settings: Settings | undefined) => AsyncIterable<Finding>,
): AsyncGenerator<Finding> {
  let settings: Settings | undefined
  try {
    if (file) settings = readSettings(file)
  } catch (error) {
    // A syntax error quotes the text, which may be a secret.
    const reason = (error as { code?: string }).code?.startsWith('E') ? unreadable(error) : 'no valid YAML'
    yield judgeOf(part).broken(
      'settings',
      `${file} cannot be read: ${reason}`,
      `give another file with --${part}-config`,
    )
  }
  yield* examine(settings)
}

function readSettings(file: string): Settings {
  const value: unknown = parse(readFileSync(file, 'utf8'))
  if (typeof value !== 'object' || value === null) throw new Error('no map')
  return value as Settings
}

/** The last guard: whatever a library put into its sentence. */
function redactor(config: Config | undefined): (finding: Finding) => Finding {
  const redactLine = secretRedactor(config ? secretValues(config) : [])
  const clean = <T>(value: T): T => JSON.parse(redactLine(JSON.stringify(value)))
  return ({ message, remedy, evidence, ...finding }) => ({
    ...finding,
    message: clean(message),
    remedy: clean(remedy),
    ...(evidence && { evidence: clean(evidence) }),
  })
}
