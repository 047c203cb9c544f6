/** What happens by itself when its time comes. */
export type Happening =
  | 'checkout-expires'
  | 'trial-will-end'
  | 'period-ends'
  | 'subscription-ends'
  | 'incomplete-expires'
  | 'invoice-finalizes'
  | 'payment-retries'
  | 'debit-settles'

export interface AgendaEntry {
  happening: Happening
  /** Of the session, subscription, invoice or payment intent. */
  id: string
  /** Seconds since the epoch. */
  at: number
  /** The test clock whose time counts; null for the account's. */
  testClock: string | null
}

export interface Agenda {
  /** Sets when a happening comes; null takes it off. */
  set(happening: Happening, id: string, at: number | null, testClock?: string | null): void
  /** Takes the earliest entry that is due, in the order of setting when several are. */
  take(untilSeconds: number, testClock: string | null): AgendaEntry | undefined
  /** Whether there is anything to take. */
  isDue(untilSeconds: number): boolean
  entries(): AgendaEntry[]
  load(entries: AgendaEntry[]): void
}

export function createAgenda(): Agenda {
  const entries = new Map<string, AgendaEntry>()
  return {
    set(happening, id, at, testClock = null) {
      entries.delete(`${happening}:${id}`)
      if (at !== null) entries.set(`${happening}:${id}`, { happening, id, at, testClock })
    },
    take(untilSeconds, testClock) {
      let first: AgendaEntry | undefined
      for (const entry of entries.values()) {
        if (entry.testClock !== testClock || entry.at > untilSeconds) continue
        if (!first || entry.at < first.at) first = entry
      }
      if (first) entries.delete(`${first.happening}:${first.id}`)
      return first
    },
    isDue(untilSeconds) {
      for (const { testClock, at } of entries.values())
        if (testClock === null && at <= untilSeconds) return true
      return false
    },
    entries: () => [...entries.values()],
    load(saved) {
      entries.clear()
      for (const entry of saved) entries.set(`${entry.happening}:${entry.id}`, entry)
    },
  }
}
