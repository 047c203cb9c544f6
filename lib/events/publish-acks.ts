import type { EventMessage, PublishResult } from './bus.ts'

/** `no_stream`: nothing takes the subject, or JetStream itself is off. */
export type JetStreamFailure = NoStream | Exclude<PublishResult, { kind: 'acknowledged' }>
export type JetStreamResult = NoStream | PublishResult

interface NoStream {
  kind: 'no_stream'
  reason: string
}

/** What both families of NATS clients have, whose own types do not mix. */
export interface CoreConnection<H extends CoreHeaders> {
  /** @throws when the client itself refuses the message, for example as too large */
  publish(subject: string, data: string, options: { reply: string; headers: H }): void
  subscribe(subject: string, options: { callback(error: unknown, message: CoreMessage): void }): unknown
}

export interface CoreHeaders {
  set(name: string, value: string): void
}

interface CoreMessage {
  subject: string
  data: Uint8Array
  /** `code` of a status message, such as 503 when nobody takes the subject. */
  headers?: { code: number }
}

/** Matches JetStream's acknowledgements to the publishes that wait for them. */
export interface PublishAcks {
  /** Sends and waits for the acknowledgement; never throws. */
  publish(message: EventMessage): Promise<JetStreamResult>
  /** Gives up all that wait: their acknowledgements are lost with the connection. */
  abandon(reason: string): void
  /** Gives up what waits for this subject, since the server refuses it. */
  refuse(subject: string, reason: string): void
}

export interface AckOptions<H extends CoreHeaders> {
  connection: CoreConnection<H>
  newHeaders(): H
  /** Unique, without wildcards. */
  inbox: string
  timeoutMs: number
  failureOf(error: unknown): JetStreamFailure
}

/**
 * One subscription and one timer for all publishes: a request of the client library for each costs as much
 * again as all else that the relay does.
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference#publishing-to-a-stream
 */
export function createPublishAcks<H extends CoreHeaders>(options: AckOptions<H>): PublishAcks {
  const { connection, newHeaders, inbox, timeoutMs, failureOf } = options
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

  connection.subscribe(`${inbox}.*`, {
    callback(_, { subject, data, headers }) {
      const token = subject.slice(inbox.length + 1)
      if (waiting.has(token)) settle(token, resultOf(decoder.decode(data), headers?.code))
    },
  })

  return {
    publish({ id, subject, data, traceparent }) {
      return new Promise((resolve) => {
        const token = (sent++).toString(36)
        waiting.set(token, { subject, until: performance.now() + timeoutMs, settle: resolve })
        timer ??= setTimeout(expire, timeoutMs + 1)
        const headers = newHeaders()
        headers.set('Nats-Msg-Id', id)
        if (traceparent !== undefined) headers.set('traceparent', traceparent)
        try {
          connection.publish(subject, data, { reply: `${inbox}.${token}`, headers })
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
