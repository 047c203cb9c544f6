import { type Finding, judgeOf } from './finding.ts'
import { inWords } from './in-words.ts'

const { ok, warn, broken } = judgeOf('nats')

/** A consumer of one of our streams. */
export interface ConsumerFacts {
  stream: string
  name: string
  /** Messages that it was not given yet. */
  pending: number
  /** Given, and not acknowledged. */
  unacknowledged: number
  /** Most of them that the server allows; -1 = any. */
  maxUnacknowledged: number
  /** Whether somebody asks it for messages now. */
  attended: boolean
  /** Since it last gave or was told something; undefined = never. */
  idleMs?: number
}

const LAG = 1000
const STUCK_MS = 10 * 60_000

/**
 * Whether somebody takes what is published.
 * @param queues work queues with messages and without any consumer
 */
export function judgeConsumers(
  consumers: readonly ConsumerFacts[],
  queues: readonly { stream: string; messages: number }[],
): Finding[] {
  const found = [
    ...queues.map(({ stream, messages }) =>
      warn(
        'consumer-none',
        `${messages} messages wait in ${stream}, and it has no consumer`,
        'start the program that takes them',
        { stream, messages },
      ),
    ),
    ...consumers.flatMap(judgeConsumer),
  ]
  return found.length > 0 ? found : [ok('consumers', `${consumers.length} consumers keep up`)]
}

function judgeConsumer(consumer: ConsumerFacts): Finding[] {
  const { stream, name, pending, unacknowledged, maxUnacknowledged, attended, idleMs } = consumer
  const evidence = { stream, consumer: name, pending, unacknowledged }
  if (maxUnacknowledged > 0 && unacknowledged >= maxUnacknowledged) {
    const sentence = `${name} of ${stream} acknowledges nothing: ${unacknowledged} messages are out, and it gets no more`
    return [broken('consumer-stuck', sentence, 'see why the program behind it fails', evidence)]
  }
  if (pending > 0 && !attended && (idleMs === undefined || idleMs > STUCK_MS)) {
    const since = idleMs === undefined ? 'never asked' : `last asked ${inWords(idleMs)} ago`
    const sentence = `${pending} messages wait for ${name} of ${stream}, which ${since}`
    return [warn('consumer-stuck', sentence, 'start the program behind it, or delete the consumer', evidence)]
  }
  return pending > LAG
    ? [
        warn(
          'consumer-lag',
          `${name} of ${stream} is ${pending} messages behind`,
          'see whether the program behind it is slow, or too few',
          evidence,
        ),
      ]
    : []
}
