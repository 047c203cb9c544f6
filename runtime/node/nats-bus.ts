import {
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { connect, errors, headers, type NatsConnection, nanos, wsconnect } from '@nats-io/transport-node'
import type { Config } from '../../lib/config.ts'
import type { Bus } from '../../lib/events/bus.ts'
import {
  apiFailure,
  createJetStreamBus,
  type JetStreamFailure,
  type JetStreamLink,
} from '../../lib/events/jetstream-bus.ts'
import { within } from '../../lib/events/pause.ts'
import type { Log } from '../../lib/log.ts'

const DRAIN_LIMIT_MS = 2000

/** JetStream over TCP (or WebSocket, when the URL says so). Connects on first use and reconnects for ever. */
export function createNatsBus(config: Pick<Config, 'nats' | 'events'>, log: Log): Bus {
  return createJetStreamBus(
    { connect: ({ lost }) => connectLink(config.nats, lost), failureOf },
    { config, log },
  )
}

async function connectLink(nats: Config['nats'], lost: () => void): Promise<JetStreamLink> {
  const servers = nats.url!.split(',')
  const dial = servers.some((server) => /^wss?:/.test(server)) ? wsconnect : connect
  const connection = await dial({
    servers,
    user: nats.user,
    pass: nats.password,
    token: nats.token,
    name: 'authlance',
    timeout: nats.timeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    noAsyncTraces: true,
  })
  let connected = true
  void watch(connection, (now) => {
    connected = now
    if (!now) lost()
  })

  const js = jetstream(connection)
  const manager = await jetstreamManager(connection, { timeout: nats.timeoutMs, checkAPI: false })
  return {
    connected: () => connected,
    closed: () => connection.isClosed(),
    publish({ id, subject, data, traceparent }, timeout) {
      if (traceparent === undefined) return js.publish(subject, data, { msgID: id, timeout })
      const header = headers()
      header.set('traceparent', traceparent)
      return js.publish(subject, data, { msgID: id, timeout, headers: header })
    },
    async streamsOf(subject) {
      const names: string[] = []
      for await (const name of manager.streams.names(subject)) names.push(name)
      return names
    },
    async addStream({ name, subject, retention, maxAgeMs, duplicateWindowMs }) {
      await manager.streams.add({
        name,
        subjects: [subject],
        retention: retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
        storage: StorageType.File,
        max_age: nanos(maxAgeMs),
        duplicate_window: nanos(duplicateWindowMs),
      })
    },
    ping: () => connection.flush(),
    async drain() {
      if (connected) await within(DRAIN_LIMIT_MS, connection.drain())
      await connection.close()
    },
  }
}

async function watch(connection: NatsConnection, connected: (now: boolean) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') connected(false)
    if (type === 'reconnect') connected(true)
  }
  connected(false)
}

/** @see https://github.com/nats-io/nats-server/blob/main/server/errors.json for the codes of API errors */
function failureOf(error: unknown): JetStreamFailure {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof JetStreamApiError) return apiFailure(error.status, reason)
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return { kind: 'no_stream', reason }
  const cause = error instanceof errors.RequestError ? error.cause : error
  const ownFault =
    cause instanceof errors.PermissionViolationError ||
    cause instanceof errors.InvalidArgumentError ||
    cause instanceof errors.InvalidSubjectError
  return { kind: ownFault ? 'refused' : 'unavailable', reason }
}
