import type { StandIn } from './stand-in.ts'
import { newId } from './stand-in.ts'
import type { StoredEvent } from './stored.ts'

/** How long Stripe shows what happened. */
const SHOWN_SECONDS = 30 * 86_400

/** Whether Stripe still shows an event. */
export function isRecent({ clock }: StandIn, { created }: StoredEvent): boolean {
  return created > clock.seconds() - SHOWN_SECONDS
}

/** Records that something happened to a resource, for the list of events and for each endpoint that wants the type. */
export function emit(
  standIn: StandIn,
  type: string,
  object: object,
  before: string | null = null,
): StoredEvent {
  const { store, clock, request } = standIn
  const event: StoredEvent = {
    id: newId(standIn, 'evt'),
    type,
    created: clock.seconds(),
    object: JSON.stringify(object),
    before,
    request: { id: request?.id ?? null, idempotency_key: request?.idempotencyKey ?? null },
    waiting: [...store.webhookEndpoints.values()]
      .filter((endpoint) => endpoint.status === 'enabled' && wants(endpoint.enabled_events, type))
      .map((endpoint) => endpoint.id),
  }
  store.events.set(event.id, event)
  if (event.waiting.length > 0) standIn.announce(event)
  return event
}

/** Changes a resource and records the event; nothing is recorded when nothing changed. */
export function change<T extends object>(
  standIn: StandIn,
  type: string,
  object: T,
  work: (object: T) => void,
): void {
  const before = JSON.stringify(object)
  work(object)
  if (JSON.stringify(object) !== before) emit(standIn, type, object, before)
}

function wants(enabledEvents: string[], type: string): boolean {
  return enabledEvents.includes('*') || enabledEvents.includes(type)
}
