import { createHash } from 'node:crypto'
import type { Kratos, WhoamiResult } from '../../lib/ory/kratos.ts'

/**
 * Lets identical concurrent `whoami` calls share one, keyed by a hash of the whole credential; nothing is kept once it has
 * answered. A page load fires several exchanges at once.
 */
export function shareWhoami(kratos: Kratos): Kratos {
  const pending = new Map<string, Promise<WhoamiResult>>()
  return {
    ...kratos,
    whoami(credential, trace) {
      const key = createHash('sha256').update(JSON.stringify(credential)).digest('base64')
      const shared = pending.get(key) ?? kratos.whoami(credential, trace).finally(() => pending.delete(key))
      pending.set(key, shared)
      return shared
    },
  }
}
