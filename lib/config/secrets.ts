import type { Config } from './schema.ts'
import { FileSchema } from './schema.ts'
import { type Shape, shapeOf } from './shape.ts'

const REDACTED = '[redacted]'

/** Every secret in a configuration, the longest first, so that a log can replace each of them. */
export function secretValues(config: Config): string[] {
  return collectSecrets(shapeOf(FileSchema), config)
}

export function collectSecrets(shape: Shape, value: unknown): string[] {
  const secrets = new Set<string>()
  mapSecrets(shape, value, (secret) => {
    secrets.add(secret)
    return secret
  })
  return [...secrets].sort((a, b) => b.length - a.length)
}

/** A copy of a configuration that may be shown: every secret reads `[redacted]`. */
export function redactConfig(config: Config): Config {
  return mapSecrets(shapeOf(FileSchema), config, () => REDACTED) as Config
}

function mapSecrets(
  shape: Shape | undefined,
  value: unknown,
  change: (secret: string) => string,
  inSecret = false,
): unknown {
  const secret = inSecret || shape?.meta.secret === true
  if (Array.isArray(value)) return value.map((item) => mapSecrets(shape?.item, item, change, secret))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        key,
        mapSecrets(shape?.keys?.get(key), entry, change, secret),
      ]),
    )
  }
  return secret && typeof value === 'string' ? change(value) : value
}
