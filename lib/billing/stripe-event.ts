import { isObject, type StripeObject } from './stripe-fields.ts'

/** What every event of Stripe's tells. */
export interface StripeEvent {
  id: string
  type: string
  /** Milliseconds since the epoch, a whole second. */
  createdAt: number
  apiVersion: string | null
  livemode: boolean
  object: StripeObject
  previousAttributes: StripeObject | null
}

const MAX_ID_LENGTH = 255
const MAX_SECONDS = 253_402_300_799

/** Reads parsed JSON as an event; undefined for anything else. */
export function readStripeEvent(json: unknown): StripeEvent | undefined {
  if (!isObject(json) || json.object !== 'event' || !isObject(json.data)) return undefined
  const { id, type, created, api_version: apiVersion, livemode, data } = json
  if (!isName(id) || !isName(type) || typeof livemode !== 'boolean' || !isObject(data.object))
    return undefined
  if (typeof created !== 'number' || !Number.isSafeInteger(created)) return undefined
  if (created < 0 || created > MAX_SECONDS) return undefined
  return {
    id,
    type,
    createdAt: created * 1000,
    apiVersion: typeof apiVersion === 'string' ? apiVersion.slice(0, 64) : null,
    livemode,
    object: data.object,
    previousAttributes: isObject(data.previous_attributes) ? data.previous_attributes : null,
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH && value.isWellFormed()
}
