import {
  type ConsumerInfo,
  JetStreamError,
  type JetStreamManager,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import { errors, type NatsConnection } from '@nats-io/transport-node'
import type { Config } from '../../../lib/config.ts'
import { reasonOf } from '../../../lib/doctor/examine-parts.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { type ConsumerFacts, judgeConsumers } from '../../../lib/doctor/judge-consumers.ts'
import { judgeFsync, judgeNats, judgeNatsAway, type NatsMonitor } from '../../../lib/doctor/judge-nats.ts'
import { judgeStreams, type StreamFacts } from '../../../lib/doctor/judge-streams.ts'
import { prefixedSubject, streamSpec, WORK_QUEUES } from '../../../lib/events/streams.ts'
import { SUBJECTS } from '../../../lib/events/subjects.ts'
import { dial } from '../nats-bus.ts'
import { ask } from './ask.ts'

const { broken, skipped } = judgeOf('nats')
const MAX_CONSUMERS = 1000

/** The broker with the streams of our subjects. @param monitorUrl its monitoring port, which tells what clients cannot read */
export async function* examineNats(
  config: Config,
  { now, monitorUrl }: { now: number; monitorUrl?: string },
): AsyncGenerator<Finding> {
  if (!config.nats.url) {
    yield skipped(
      'connection',
      'nats.url is not configured: events stay in the process',
      'set it where other programs take events or mail',
    )
    return
  }
  let connection: NatsConnection
  try {
    connection = await dial(config.nats, { reconnect: false, maxReconnectAttempts: 0 })
  } catch (error) {
    yield judgeNatsAway(isRefusal(error) ? 'refused' : 'away', reasonOf(error))
    return
  }
  try {
    const { version, jetstream = false, cluster, max_payload: maxPayloadBytes } = connection.info!
    const facts = { version, jetstream, maxPayloadBytes, ...(cluster !== undefined && { cluster }) }
    yield* judgeNats(facts, config.limits.webhookBytes)
    if (jetstream)
      yield* await examineJetStream(connection, config, { now, clustered: cluster !== undefined })
    if (jetstream)
      yield judgeFsync(
        monitorUrl === undefined ? undefined : await readMonitor(monitorUrl, config.nats.timeoutMs),
      )
  } finally {
    await connection.close()
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError
}

async function examineJetStream(
  connection: NatsConnection,
  config: Config,
  { now, clustered }: { now: number; clustered: boolean },
): Promise<Finding[]> {
  const manager = await jetstreamManager(connection, { timeout: config.nats.timeoutMs, checkAPI: false })
  try {
    const known = new Map<string, StreamInfo>()
    const covers = []
    for (const subject of new Set([...Object.keys(SUBJECTS), ...WORK_QUEUES])) {
      const spec = streamSpec(prefixedSubject(subject, config.nats.prefix), config)
      const streams: StreamFacts[] = []
      for await (const name of manager.streams.names(spec.subject)) {
        const info = known.get(name) ?? (await manager.streams.info(name))
        known.set(name, info)
        streams.push(streamFacts(info))
      }
      covers.push({ spec, streams })
    }
    const consumers = await readConsumers(manager, [...known.keys()], now)
    const queues = [...known.values()]
      .filter(({ config: { name, retention }, state }) => {
        return (
          retention === 'workqueue' && state.messages > 0 && !consumers.some(({ stream }) => stream === name)
        )
      })
      .map(({ config: { name }, state }) => ({ stream: name, messages: state.messages }))
    return [...judgeStreams(covers, { clustered }), ...judgeConsumers(consumers, queues)]
  } catch (error) {
    if (!isOfJetStream(error)) throw error
    return [
      broken(
        'jetstream',
        `JetStream does not answer this account: ${reasonOf(error)}`,
        'enable JetStream for the account of nats.user, and let it use $JS.API.>',
      ),
    ]
  }
}

/** The class of a JetStream that is off for the account is not exported. */
function isOfJetStream(error: unknown): boolean {
  return error instanceof JetStreamError || (error as Error).name === 'JetStreamNotEnabled'
}

const NANOS_PER_MS = 1_000_000

function streamFacts({ config }: StreamInfo): StreamFacts {
  return {
    name: config.name,
    subjects: config.subjects ?? [],
    retention: config.retention,
    storage: config.storage,
    discard: config.discard,
    maxAgeMs: config.max_age / NANOS_PER_MS,
    maxMessages: config.max_msgs,
    maxBytes: config.max_bytes,
    duplicateWindowMs: config.duplicate_window / NANOS_PER_MS,
    replicas: config.num_replicas,
    noAck: config.no_ack ?? false,
  }
}

async function readConsumers(
  manager: JetStreamManager,
  streams: string[],
  now: number,
): Promise<ConsumerFacts[]> {
  const found: ConsumerFacts[] = []
  for (const stream of streams) {
    for await (const info of manager.consumers.list(stream)) {
      found.push(consumerFacts(info, now))
      if (found.length === MAX_CONSUMERS) return found
    }
  }
  return found
}

function consumerFacts(info: ConsumerInfo, now: number): ConsumerFacts {
  // By its types a number; the server sends a time.
  const lastActive = [info.delivered, info.ack_floor].map((at) => Date.parse(String(at.last_active ?? '')))
  const last = Math.max(...lastActive.filter((time) => !Number.isNaN(time)))
  return {
    stream: info.stream_name,
    name: info.name,
    pending: info.num_pending,
    unacknowledged: info.num_ack_pending,
    maxUnacknowledged: info.config.max_ack_pending ?? -1,
    attended: info.num_waiting > 0 || info.push_bound === true,
    ...(Number.isFinite(last) && { idleMs: Math.max(0, now - last) }),
  }
}

/** @see https://docs.nats.io/running-a-nats-service/nats_admin/monitoring for `/varz` */
async function readMonitor(url: string, timeoutMs: number): Promise<NatsMonitor | undefined> {
  const asked = await ask(`${url.replace(/\/+$/, '')}/varz`, timeoutMs)
  if (asked.kind !== 'answer' || asked.status !== 200) return undefined
  type Varz = { jetstream?: { config?: { sync_interval?: number; sync_always?: boolean } } }
  const settings = (asked.body as Varz | undefined)?.jetstream?.config
  if (!settings) return undefined
  const { sync_interval: syncIntervalNs, sync_always: syncAlways = false } = settings
  return { syncAlways, ...(syncIntervalNs !== undefined && { syncIntervalNs }) }
}
