import { isInNetworks } from '../http/ip-network.ts'
import { type Finding, judgeOf } from './finding.ts'

const ports = judgeOf('ports')

export type PortState =
  /** Nobody has it. */
  | { kind: 'free' }
  /** A program answers there as this one does. */
  | { kind: 'ours' }
  | { kind: 'taken' }
  /** It may not be bound here, for a reason such as EACCES. */
  | { kind: 'refused'; code: string }

/** @param name `api` or `internal` */
export function judgePort(name: string, key: string, where: string, state: PortState): Finding {
  switch (state.kind) {
    case 'free':
      return ports.ok(name, `${where} is free: the service does not run here, and can`)
    case 'ours':
      return ports.ok(name, `the service answers at ${where}`)
    case 'taken':
      return ports.broken(
        name,
        `another program has ${where}, which is no live service of this kind`,
        `end it, or choose another ${key}`,
        { where },
      )
    case 'refused':
      return ports.broken(
        name,
        `${where} cannot be listened at (${state.code})`,
        state.code === 'EACCES' ? `choose a ${key} of at least 1024` : `mend ${key} or its host`,
        { where, code: state.code },
      )
  }
}

const PRIVATE = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
]

/** Mail, hooks and metrics are for programs beside us alone. @param addresses of this host's interfaces */
export function judgeInternalHost(host: string, addresses: readonly string[]): Finding {
  const remedy = 'set mailAuth.host to a private address, or keep the port behind a firewall'
  const bound = host === '0.0.0.0' || host === '::' ? addresses : [host]
  // A host name stands for an address that its resolver may change: not judged.
  const open = bound.filter((address) => /^[\d.]+$|:/.test(address) && !isInNetworks(address, PRIVATE))
  if (open.length === 0)
    return ports.ok('internal-host', `the internal port is not on a public address (${host})`)
  const sentence = `the internal port (mail, hooks, metrics) listens on a public address: ${open.join(', ')}`
  return ports.warn('internal-host', sentence, remedy, { addresses: open })
}

/** Two listeners cannot share a port. */
export function judgePortPair(api: number, internal: number): Finding[] {
  if (api !== internal || api === 0) return []
  return [ports.broken('internal', `port and mailAuth.port are both ${api}`, 'choose another mailAuth.port')]
}
