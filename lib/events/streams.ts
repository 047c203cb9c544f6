import type { Config } from '../config.ts'

/** Subjects whose messages one consumer takes and thereby removes; a replay leaves them out unless it names them. */
export const WORK_QUEUES: ReadonlySet<string> = new Set(['mail.send'])

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** A stream as we create it when none covers the subject. */
export interface StreamSpec {
  name: string
  /** The one subject that it takes, prefix included. */
  subject: string
  retention: 'limits' | 'workqueue'
  /** 0 = no limit. */
  maxAgeMs: number
  duplicateWindowMs: number
}

/**
 * The stream of one subject. One stream for each subject, since consumers take one subject per stream.
 * @param subject as published, prefix included
 */
export function streamSpec(subject: string, { nats, events }: Pick<Config, 'nats' | 'events'>): StreamSpec {
  const queue = WORK_QUEUES.has(withoutPrefix(subject, nats.prefix))
  return {
    name: subject.replaceAll('.', '_'),
    subject,
    retention: queue ? 'workqueue' : 'limits',
    maxAgeMs: queue ? 0 : events.retentionDays * DAY_MS,
    duplicateWindowMs: (queue ? 60 : 2) * MINUTE_MS,
  }
}

/** The subject as it goes over the wire. */
export function prefixedSubject(subject: string, prefix: string | undefined): string {
  return prefix ? `${prefix}.${subject}` : subject
}

function withoutPrefix(subject: string, prefix: string | undefined): string {
  return prefix && subject.startsWith(`${prefix}.`) ? subject.slice(prefix.length + 1) : subject
}
