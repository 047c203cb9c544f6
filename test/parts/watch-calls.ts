import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'
import { onTestFinished, vi } from 'vitest'
import type { Database } from '../../lib/db/tables.ts'

/** Watches every `fetch` until the running test ends. */
export function watchCalls() {
  const within = new AsyncLocalStorage<true>()
  const calls: { path: string; inside: boolean }[] = []
  const { fetch } = globalThis
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    calls.push({ path: new URL(url).pathname, inside: within.getStore() === true })
    return fetch(input, init)
  })
  onTestFinished(() => spy.mockRestore())
  return {
    /** Each call's path, and whether it was made inside a transaction of a watched database. */
    calls,
    /** The database, whose transactions can be told from what runs outside of them. */
    watched(db: Kysely<Database>): Kysely<Database> {
      return new Proxy(db, {
        get(target, name) {
          const value = Reflect.get(target, name, target)
          if (name !== 'transaction') return typeof value === 'function' ? value.bind(target) : value
          return () => ({
            execute: (work: (trx: Transaction<Database>) => Promise<unknown>) =>
              target.transaction().execute((trx) => within.run(true, () => work(trx))),
          })
        },
      })
    },
  }
}
