import { JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import {
  type ConnectionOptions,
  connect,
  createInbox,
  errors,
  headers,
  type MsgHdrs,
  type NatsConnection,
  wsconnect,
} from '@nats-io/transport-node'
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

/** JetStream over TCP (or WebSocket, when the URL says so). Connects on first use and reconnects for ever. */
export function createNatsBus(config: Pick<Config, 'nats' | 'events'>, log: Log): Bus {
  const client = { connect: (events: LinkEvents) => connectLink(config.nats, events), failureOf }
  return createJetStreamBus(client, { config, log })
}

async function connectLink(nats: Config['nats'], { lost }: LinkEvents): Promise<JetStreamLink> {
  const connection = await dial(nats)
  const { timeoutMs } = nats
  const acks = createPublishAcks<MsgHdrs>({
    connection,
    newHeaders: headers,
    inbox: createInbox(),
    timeoutMs,
    failureOf,
  })
  let connected = true
  void watch(connection, acks, (now) => {
    connected = now
    if (!now) lost()
  })

  const manager = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false })
  return {
    connected: () => connected,
    closed: () => connection.isClosed(),
    publish: acks.publish,
    ...streamCalls(manager, { RetentionPolicy, StorageType }),
    ping: () => connection.flush(),
    async drain() {
      if (connected) await within(DRAIN_LIMIT_MS, connection.drain())
      await connection.close()
    },
  }
}

/** Connects to the first of the servers that answers. @param overrides of what suits a connection that is to last */
export function dial(
  { url, user, password, token, timeoutMs }: Config['nats'],
  overrides: ConnectionOptions = {},
): Promise<NatsConnection> {
  const servers = url!.split(',')
  const overWebSocket = servers.some((server) => /^wss?:/.test(server))
  return (overWebSocket ? wsconnect : connect)({
    servers,
    user,
    pass: password,
    token,
    name: 'authlance',
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    noAsyncTraces: true,
    ...overrides,
  })
}

async function watch(
  connection: NatsConnection,
  acks: PublishAcks,
  connected: (now: boolean) => void,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'reconnect') connected(true)
    if (status.type === 'disconnect') {
      connected(false)
      acks.abandon('the connection was lost')
    }
    if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
      acks.refuse(status.error.subject, status.error.message)
    }
  }
  connected(false)
  acks.abandon('the connection was closed')
}

/** @see https://github.com/nats-io/nats-server/blob/main/server/errors.json for the codes of API errors */
function failureOf(error: unknown): JetStreamFailure {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof JetStreamApiError) return apiFailure(error.status, reason)
  const ownFault =
    error instanceof errors.InvalidArgumentError ||
    error instanceof errors.InvalidSubjectError ||
    error instanceof errors.PermissionViolationError
  return { kind: ownFault ? 'refused' : 'unavailable', reason }
}
