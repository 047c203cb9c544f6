import { FileSchema } from '../config/schema.ts'
import { keyName, type Path, type Shape, shapeOf } from '../config/shape.ts'
import type { Config } from '../config.ts'

export interface NamedSecret {
  /** As in the configuration file, such as `jwtKey[0]`. */
  key: string
  value: string
}

/** Every secret of a configuration with the key that holds it. */
export function namedSecrets(config: Config): NamedSecret[] {
  const found: NamedSecret[] = []
  collect(shapeOf(FileSchema), config, [], false, found)
  return found
}

function collect(
  shape: Shape | undefined,
  value: unknown,
  path: Path,
  inSecret: boolean,
  found: NamedSecret[],
): void {
  const secret = inSecret || shape?.meta.secret === true
  if (typeof value === 'string') {
    if (secret) found.push({ key: keyName(path), value })
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(shape?.item, item, [...path, index], secret, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      collect(shape?.keys?.get(key), entry, [...path, key], secret, found)
    }
  }
}
