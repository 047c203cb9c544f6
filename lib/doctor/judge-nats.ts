import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken, skipped } = judgeOf('nats')

/** What the server says of itself as it is connected to. */
export interface NatsFacts {
  version: string
  jetstream: boolean
  cluster?: string
  maxPayloadBytes: number
}

export function judgeNats(facts: NatsFacts, bodyBytes: number): Finding[] {
  const { version, jetstream, cluster, maxPayloadBytes } = facts
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const evidence = { version, ...(cluster && { cluster }) }
  return [
    ok('connection', `NATS ${version} answers${cluster ? `, of cluster ${cluster}` : ''}`, evidence),
    ...(major > 2 || (major === 2 && minor >= 10)
      ? []
      : [
          warn(
            'version',
            `NATS ${version} has a fixed fsync every two minutes, and knows one filter for each consumer`,
            'use NATS 2.10 or newer',
            evidence,
          ),
        ]),
    jetstream
      ? ok('jetstream', 'JetStream is on')
      : broken(
          'jetstream',
          'JetStream is off: no event can be published',
          'add `jetstream { store_dir: ..., sync_interval: always }` to its configuration',
        ),
    maxPayloadBytes >= bodyBytes
      ? ok('payload', `messages may have ${maxPayloadBytes} bytes`)
      : warn(
          'payload',
          `messages may have ${maxPayloadBytes} bytes, less than a webhook (${bodyBytes})`,
          'raise max_payload',
          { maxPayloadBytes },
        ),
  ]
}

/** @param reason as the client says it; `code` tells a refusal from a server that is away */
export function judgeNatsAway(code: 'refused' | 'away', reason: string): Finding {
  return code === 'refused'
    ? broken(
        'connection',
        `NATS refuses the credentials: ${reason}`,
        'mend nats.user and nats.password, or nats.token',
      )
    : broken(
        'connection',
        `NATS cannot be reached: ${reason}; events wait in the outbox`,
        'start it, and mend nats.url',
      )
}

/** The part of `/varz` that tells how JetStream writes; absent when the monitoring port was not asked. */
export interface NatsMonitor {
  syncIntervalNs?: number
  syncAlways?: boolean
}

export function judgeFsync(monitor: NatsMonitor | undefined): Finding {
  const remedy = 'see that its `jetstream` block has `sync_interval: always`'
  if (!monitor) {
    return skipped(
      'fsync',
      'clients cannot read how often JetStream writes to disk',
      `${remedy}, or give --nats-monitor URL`,
    )
  }
  const { syncAlways, syncIntervalNs } = monitor
  if (syncAlways) return ok('fsync', 'JetStream has each message on disk before it acknowledges it')
  const every = syncIntervalNs === undefined ? 'two minutes' : `${syncIntervalNs / 1_000_000_000} s`
  return warn(
    'fsync',
    `JetStream writes to disk every ${every}: a cut of power loses what was acknowledged since`,
    remedy,
  )
}
