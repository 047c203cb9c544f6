import type { AgendaEntry } from './agenda.ts'
import { isRecent } from './events.ts'
import type { StandIn } from './stand-in.ts'
import { loadStore, type SavedStore, saveStore } from './store.ts'

interface SavedAccount {
  offsetMs: number
  agenda: AgendaEntry[]
  store: SavedStore
}

/** The account as JSON, secrets of endpoints included, without events that nobody can ask for any more. */
export function saveAccount(standIn: StandIn): string {
  const { store, clock, agenda } = standIn
  const events = [...store.events.values()].filter(
    (event) => event.waiting.length > 0 || isRecent(standIn, event),
  )
  const saved: SavedAccount = {
    offsetMs: clock.offsetMs(),
    agenda: agenda.entries(),
    store: { ...saveStore(store), events },
  }
  return JSON.stringify(saved)
}

/** Makes the account what was saved; time goes on from what it had been moved to. */
export function loadAccount({ store, clock, agenda }: StandIn, json: string): void {
  const saved = JSON.parse(json) as SavedAccount
  loadStore(store, saved.store)
  agenda.load(saved.agenda)
  clock.move(saved.offsetMs - clock.offsetMs())
}
