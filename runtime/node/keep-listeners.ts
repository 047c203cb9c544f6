import type { Config } from '../../lib/config.ts'
import type { Log } from '../../lib/log.ts'

/** A changed configuration with the listeners where they are: a warning names what takes a restart. */
export function keepListeners(next: Config, current: Config, log: Log): Config {
  const { host, port, mailAuth } = current
  const changed = [
    ...(next.host === host ? [] : ['host']),
    ...(next.port === port ? [] : ['port']),
    ...(next.mailAuth.host === mailAuth.host ? [] : ['mailAuth.host']),
    ...(next.mailAuth.port === mailAuth.port ? [] : ['mailAuth.port']),
  ]
  if (changed.length) log.warn({ keys: changed }, 'a listener moves at the next start, not by a reload')
  return { ...next, host, port, mailAuth: { ...next.mailAuth, host: mailAuth.host, port: mailAuth.port } }
}
