import type { Agenda } from './agenda.ts'
import type { Clock } from './clock.ts'
import type { Store } from './store.ts'
import type { StoredEvent } from './stored.ts'

/** What every part of the stand-in works with. */
export interface StandIn {
  store: Store
  clock: Clock
  agenda: Agenda
  /** In [0, 1). */
  random(): number
  /** The account's version: events are rendered in it unless an endpoint has its own. */
  apiVersion: string
  /** Without a slash at the end. */
  baseUrl(): string
  /** The API request that is being answered; null when a page, the clock or a program acts. */
  request: { id: string; idempotencyKey: string | null } | null
  /** Told about each event that an endpoint waits for. */
  announce(event: StoredEvent): void
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** An id as Stripe writes them, such as `sub_1Pgc6rB7WZ01zgkWNy0Cn5nw`. */
export function newId({ random }: StandIn, prefix: string, length = 24): string {
  let id = `${prefix}_`
  for (let at = 0; at < length; at++) id += ALPHABET[Math.floor(random() * ALPHABET.length)]
  return id
}
