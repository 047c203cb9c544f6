import type { StreamSpec } from '../events/streams.ts'
import { type Finding, judgeOf } from './finding.ts'
import { inWords } from './in-words.ts'

const { ok, warn, broken } = judgeOf('nats')

/** A stream as the server describes it. */
export interface StreamFacts {
  name: string
  subjects: readonly string[]
  retention: string
  storage: string
  /** `old` drops the oldest message where a limit is met, `new` refuses the newest. */
  discard: string
  /** 0 = no limit. */
  maxAgeMs: number
  /** -1 = no limit. */
  maxMessages: number
  maxBytes: number
  duplicateWindowMs: number
  replicas: number
  noAck: boolean
}

/** Whether each subject has a stream as the service would make it. @param covers the streams that take each subject */
export function judgeStreams(
  covers: readonly { spec: StreamSpec; streams: readonly StreamFacts[] }[],
  { clustered }: { clustered: boolean },
): Finding[] {
  const missing = covers.filter(({ streams }) => streams.length === 0).map(({ spec }) => spec.subject)
  const streams = new Map(covers.flatMap(({ streams }) => streams.map((stream) => [stream.name, stream])))
  const found = [
    ...(missing.length > 0 ? [judgeMissing(missing)] : []),
    ...covers.flatMap(({ spec, streams }) => streams.flatMap((stream) => judgeFit(spec, stream))),
    ...[...streams.values()].flatMap((stream) => judgeStream(stream, clustered)),
  ]
  return found.length > 0
    ? found
    : [ok('streams', `${covers.length} subjects have a stream of their own, as it should be`)]
}

function judgeMissing(subjects: string[]): Finding {
  return warn(
    'stream-missing',
    `no stream takes ${subjects.join(', ')} yet`,
    'start the service, which makes them',
    { subjects },
  )
}

/** How a stream suits one of its subjects. */
function judgeFit(spec: StreamSpec, stream: StreamFacts): Finding[] {
  const { subject } = spec
  const evidence = { subject, stream: stream.name }
  const found: Finding[] = []
  if (stream.name !== spec.name) {
    found.push(
      warn(
        'stream-foreign',
        `${subject} goes to ${stream.name} (${stream.subjects.join(', ')}), a stream of others: a consumer that takes one subject of a stream misses the rest`,
        `delete ${stream.name} once it is read, and start the service, which makes ${spec.name}`,
        evidence,
      ),
    )
  }
  if (stream.retention !== spec.retention) found.push(judgeRetention(spec, stream, evidence))
  const ageMs = stream.maxAgeMs
  if (ageMs > 0 && (spec.maxAgeMs === 0 || ageMs < spec.maxAgeMs)) {
    const wanted = spec.maxAgeMs === 0 ? 'as long as it takes' : inWords(spec.maxAgeMs)
    found.push(
      warn(
        'stream-age',
        `${stream.name} drops ${subject} after ${inWords(ageMs)}, not ${wanted}`,
        `nats stream edit ${stream.name} --max-age`,
        evidence,
      ),
    )
  }
  if (stream.duplicateWindowMs < spec.duplicateWindowMs) {
    found.push(
      warn(
        'stream-duplicates',
        `${stream.name} knows repeats of ${subject} for ${inWords(stream.duplicateWindowMs)}, not ${inWords(spec.duplicateWindowMs)}: one may come twice`,
        `nats stream edit ${stream.name} --dupe-window=${spec.duplicateWindowMs / 60_000}m`,
        evidence,
      ),
    )
  }
  return found
}

function judgeRetention(
  { subject, retention, name }: StreamSpec,
  stream: StreamFacts,
  evidence: object,
): Finding {
  const is = `${stream.name} has retention ${stream.retention}, not ${retention}`
  const remedy = `delete ${stream.name} once it is read, and start the service, which makes ${name}`
  if (stream.retention === 'interest') {
    return broken('stream-retention', `${is}: ${subject} is lost while nobody has a consumer`, remedy, {
      ...evidence,
    })
  }
  return retention === 'workqueue'
    ? warn(
        'stream-retention',
        `${is}: what was taken from ${subject}, with its codes and links, stays there`,
        remedy,
        { ...evidence },
      )
    : warn(
        'stream-retention',
        `${is}: only one consumer can have ${subject}, and nothing is kept for others`,
        remedy,
        { ...evidence },
      )
}

/** What is wrong with a stream whatever it takes. */
function judgeStream(stream: StreamFacts, clustered: boolean): Finding[] {
  const { name } = stream
  const evidence = { stream: name }
  const found: Finding[] = []
  if (stream.noAck) {
    found.push(
      broken(
        'stream-no-ack',
        `${name} acknowledges nothing: no event there counts as published`,
        `nats stream edit ${name} with acknowledgements`,
        evidence,
      ),
    )
  }
  if (stream.storage !== 'file') {
    found.push(
      warn(
        'stream-storage',
        `${name} is kept in memory: a restart of the server empties it`,
        `delete ${name}, start the service, then \`authlance events replay\``,
        evidence,
      ),
    )
  }
  if (stream.maxMessages > 0 || stream.maxBytes > 0) {
    const what = stream.discard === 'old' ? 'drops the oldest messages' : 'takes no more messages'
    found.push(
      warn(
        'stream-limit',
        `${name} ${what} when it is full`,
        `nats stream edit ${name} without limits of messages and bytes`,
        evidence,
      ),
    )
  }
  if (clustered && stream.replicas < 3) {
    found.push(
      warn(
        'stream-replicas',
        `${name} has ${stream.replicas} of 3 copies in this cluster: it is away, or lost, with its server`,
        `nats stream edit ${name} --replicas=3`,
        evidence,
      ),
    )
  }
  return found
}
