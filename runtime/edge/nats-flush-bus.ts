import {
  connect,
  createInbox,
  ErrorCode,
  Events,
  headers,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
  RetentionPolicy,
  StorageType,
} from 'nats.ws'
import { within } from '../../lib/async/pause.ts'
import type { Config } from '../../lib/config.ts'
import type { Bus } from '../../lib/events/bus.ts'
import { createJetStreamBus, type JetStreamLink, type LinkEvents } from '../../lib/events/jetstream-bus.ts'
import {
  apiFailure,
  createPublishAcks,
  type JetStreamFailure,
  type PublishAcks,
} from '../../lib/events/publish-acks.ts'
import { streamCalls } from '../../lib/events/stream-calls.ts'
import type { Log } from '../../lib/log.ts'

const DRAIN_LIMIT_MS = 2000
const OWN_FAULTS: string[] = [
  ErrorCode.MaxPayloadExceeded,
  ErrorCode.PermissionsViolation,
  ErrorCode.BadSubject,
  ErrorCode.BadPayload,
]

/**
 * JetStream over WebSocket, for one invocation of a worker: a connection cannot be used by the next one, so it is
 * never made again and must be closed at the end.
 */
export function createNatsFlushBus(config: Pick<Config, 'nats' | 'events'>, log: Log): Bus {
  const client = { connect: (events: LinkEvents) => connectLink(config.nats, events), failureOf }
  return createJetStreamBus(client, { config, log })
}

async function connectLink(nats: Config['nats'], { lost }: LinkEvents): Promise<JetStreamLink> {
  const connection = await connect({
    servers: nats.url!.split(','),
    user: nats.user,
    pass: nats.password,
    token: nats.token,
    name: 'authlance-flush',
    timeout: nats.timeoutMs,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
  })
  const { timeoutMs } = nats
  const acks = createPublishAcks<MsgHdrs>({
    connection,
    newHeaders: headers,
    inbox: createInbox(),
    timeoutMs,
    failureOf,
  })
  void watch(connection, acks).then(lost)

  const manager = await connection.jetstreamManager({ timeout: timeoutMs, checkAPI: false })
  return {
    connected: () => !connection.isClosed(),
    closed: () => connection.isClosed(),
    publish: acks.publish,
    ...streamCalls(manager, { RetentionPolicy, StorageType }),
    ping: () => connection.flush(),
    async drain() {
      if (connection.isClosed()) return
      await within(DRAIN_LIMIT_MS, connection.drain())
      await connection.close()
    },
  }
}

async function watch(connection: NatsConnection, acks: PublishAcks): Promise<void> {
  for await (const { type, data, permissionContext } of connection.status()) {
    if (type === Events.Disconnect) acks.abandon('the connection was lost')
    if (type === Events.Error && permissionContext) acks.refuse(permissionContext.subject, String(data))
  }
  acks.abandon('the connection was closed')
}

function failureOf(error: unknown): JetStreamFailure {
  const reason = error instanceof Error ? error.message : String(error)
  if (!(error instanceof NatsError)) return { kind: 'unavailable', reason }
  if (error.api_error) return apiFailure(error.api_error.code, reason)
  return { kind: OWN_FAULTS.includes(error.code) ? 'refused' : 'unavailable', reason }
}
