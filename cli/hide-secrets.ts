import { type Config, secretValues } from '../lib/config.ts'
import { secretRedactor } from '../runtime/redact-secrets.ts'

/** Replaces configured secrets in what a command is about to say, whoever's words it is. */
export function secretHider(config: Config): (text: string) => string {
  const secrets = secretValues(config)
  const inJson = secretRedactor(secrets)
  const plain = secrets.filter((secret) => secret !== JSON.stringify(secret).slice(1, -1))
  return (text) => inJson(plain.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text))
}
