/** One event as it goes over the wire. */
export interface EventMessage {
  /** De-duplication id, stable over repeats. */
  id: string
  subject: string
  /** JSON text. */
  data: string
  traceparent?: string
}

/** Publishing one message: acknowledged, the bus is away, or the bus refuses this very message. */
export type PublishResult =
  | { kind: 'acknowledged' /** The bus had the message already. */; duplicate?: boolean }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'refused'; reason: string }

/** Where events go. `publish` resolves after the acknowledgement and never throws. */
export interface Bus {
  /** Connects and makes the missing streams; throws while the bus is away. */
  prepare(subjects: string[]): Promise<void>
  publish(message: EventMessage): Promise<PublishResult>
  /** Whether the bus can be reached now. */
  ready(): Promise<boolean>
  /** Waits for what is in flight, then closes. */
  close(): Promise<void>
}
