import { readFileSync, statSync } from 'node:fs'
import { importTokenKeys } from '../../../lib/auth/token-keys.ts'
import { paymentGaps } from '../../../lib/config/payment-warnings.ts'
import { unreadable } from '../../../lib/config/unreadable.ts'
import { type Config, ConfigError, type LoadedConfig, loadConfig } from '../../../lib/config.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { judgeConfig, judgeFiles, type ReadFile } from '../../../lib/doctor/judge-config.ts'
import { judgeSecrets } from '../../../lib/doctor/judge-secrets.ts'
import { namedSecrets } from '../../../lib/doctor/named-secrets.ts'

const { ok, broken } = judgeOf('configuration')

export interface ReadConfiguration {
  /** Absent when it cannot be used. */
  config?: Config
  findings: Finding[]
}

/** Reads the configuration file with the secrets that it names, and judges both. */
export async function readConfiguration(path: string): Promise<ReadConfiguration> {
  const secretPaths: string[] = []
  const readSecret = (file: string) => {
    const text = readFileSync(file, 'utf8')
    secretPaths.push(file)
    return text
  }

  let text: string
  let loaded: LoadedConfig
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const sentence = `the configuration file ${path} cannot be read: ${unreadable(error)}`
    return { findings: [broken('file', sentence, 'give it with --config or CONFIG_FILE')] }
  }
  try {
    loaded = loadConfig(text, { env: process.env, readFile: readSecret })
    await importTokenKeys(loaded.config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.message.split('\n').map((line) => broken('problem', line, 'mend the key'))
    return { findings }
  }

  const { config, warnings } = loaded
  const secrets = namedSecrets(config)
  const holdsSecrets = secrets.some(({ value }) => text.includes(value))
  return {
    config,
    findings: [
      ok('file', `${path} is valid`, { path }),
      ...judgeConfig(config, [...warnings, ...paymentGaps(config)]),
      ...judgeFiles(fileAt(path), secretPaths.map(fileAt), holdsSecrets),
      ...judgeSecrets(secrets, config),
    ],
  }
}

function fileAt(path: string): ReadFile {
  return { path, mode: statSync(path).mode }
}
