import { inShape, type Shown } from './shapes.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredEvent } from './stored.ts'

/** An event as Stripe sends it in a version. @param version default the account's, in which the list shows events */
export function showEvent(standIn: StandIn, event: StoredEvent, version = standIn.apiVersion): Shown {
  const object = inShape(JSON.parse(event.object), version) as Shown
  const before = event.before === null ? undefined : (inShape(JSON.parse(event.before), version) as Shown)
  return {
    id: event.id,
    object: 'event',
    api_version: version,
    created: event.created,
    data: { object, ...(before && { previous_attributes: previousAttributes(before, object) }) },
    livemode: false,
    pending_webhooks: event.waiting.length,
    request: event.request,
    type: event.type,
  }
}

/** Of each field that changed, what it was: within hashes field by field, lists as a whole. */
export function previousAttributes(before: Shown, after: Shown): Shown {
  const previous: Shown = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name] ?? null, after[name] ?? null]
    if (JSON.stringify(old) === JSON.stringify(now)) continue
    previous[name] = isHash(old) && isHash(now) ? previousAttributes(old, now) : old
  }
  return previous
}

function isHash(value: unknown): value is Shown {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
