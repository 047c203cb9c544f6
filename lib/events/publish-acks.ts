import type { EventMessage, PublishResult } from './bus.ts'

/** `no_stream`: nothing takes the subject, or JetStream itself is off. */
export type JetStreamFailure = NoStream | Exclude<PublishResult, { kind: 'acknowledged' }>
export type JetStreamResult = NoStream | PublishResult

interface NoStream {
  kind: 'no_stream'
  reason: string
}

/** What came back to a reply subject. */
export interface AckReply {
  subject: string
  data: Uint8Array
  /** Code of a status message, such as 503 when nobody takes the subject. */
  status?: number
}

/** Matches JetStream's acknowledgements to the publishes that wait for them. */
export interface PublishAcks {
  /** Subscribe to this, and pass on what comes. */
  replySubject: string
  receive(reply: AckReply): void
  /** Sends and waits for the acknowledgement; never throws. */
  publish(message: EventMessage): Promise<JetStreamResult>
  /** Gives up all that wait: their acknowledgements are lost with the connection. */
  abandon(reason: string): void
  /** Gives up what waits for this subject, since the server refuses it. */
  refuse(subject: string, reason: string): void
}

export interface AckOptions {
  /** Unique, without wildcards. */
  inbox: string
  timeoutMs: number
  /** @throws when the client itself refuses the message, for example as too large */
  send(message: EventMessage, replyTo: string): void
  failureOf(error: unknown): JetStreamFailure
}

/**
 * One subscription and one timer for all publishes: a request of the client library for each costs as much
 * again as all else that the relay does.
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference#publishing-to-a-stream
 */
export function createPublishAcks({ inbox, timeoutMs, send, failureOf }: AckOptions): PublishAcks {
  /** In the order of their ends, since all wait equally long. */
  const waiting = new Map<string, { subject: string; until: number; settle(result: JetStreamResult): void }>()
  const decoder = new TextDecoder()
  let sent = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function settle(token: string, result: JetStreamResult): void {
    waiting.get(token)?.settle(result)
    waiting.delete(token)
    if (waiting.size > 0) return
    clearTimeout(timer)
    timer = undefined
  }

  function expire(): void {
    const now = performance.now()
    timer = undefined
    for (const [token, { until }] of waiting) {
      if (until > now) {
        timer = setTimeout(expire, until - now + 1)
        return
      }
      settle(token, { kind: 'unavailable', reason: 'no acknowledgement in time' })
    }
  }

  return {
    replySubject: `${inbox}.*`,
    receive({ subject, data, status }) {
      const token = subject.slice(inbox.length + 1)
      if (waiting.has(token)) settle(token, resultOf(decoder.decode(data), status))
    },
    publish(message) {
      return new Promise((resolve) => {
        const token = (sent++).toString(36)
        waiting.set(token, {
          subject: message.subject,
          until: performance.now() + timeoutMs,
          settle: resolve,
        })
        timer ??= setTimeout(expire, timeoutMs + 1)
        try {
          send(message, `${inbox}.${token}`)
        } catch (error) {
          settle(token, failureOf(error))
        }
      })
    },
    abandon(reason) {
      for (const token of waiting.keys()) settle(token, { kind: 'unavailable', reason })
    },
    refuse(refused, reason) {
      for (const [token, { subject }] of waiting) {
        if (subject === refused) settle(token, { kind: 'refused', reason })
      }
    },
  }
}

/** A JetStream API error speaks of the request (refused) or of the server's condition (unavailable). */
export function apiFailure(code: number, reason: string): JetStreamFailure {
  const passing = code >= 500 || code === 408 || code === 409 || code === 429
  return { kind: passing ? 'unavailable' : 'refused', reason }
}

function resultOf(text: string, status: number | undefined): JetStreamResult {
  if (status === 503) return { kind: 'no_stream', reason: 'no stream takes the subject' }
  try {
    const ack = JSON.parse(text) as PubAck
    if (ack.error) return apiFailure(ack.error.code, ack.error.description)
    if (ack.stream) return { kind: 'acknowledged', duplicate: ack.duplicate === true }
  } catch {
    // Falls through: whoever answered is no stream.
  }
  return { kind: 'unavailable', reason: 'the answer is no acknowledgement' }
}

interface PubAck {
  stream?: string
  duplicate?: boolean
  error?: { code: number; description: string }
}
