import type { Kysely } from 'kysely'
import type { Config } from '../../lib/config.ts'
import type { Database } from '../../lib/db/tables.ts'
import type { Bus } from '../../lib/events/bus.ts'
import type { Log } from '../../lib/log.ts'
import { createLocalBus } from '../local-bus.ts'
import { type DatabaseHooks, openBeside, openDatabase } from './database.ts'
import type { PartKind } from './shared-parts.ts'

export interface OpenDatabases {
  db: Kysely<Database>
  /** A pool that is busy must not look like a database that is down. */
  probes: Kysely<Database>
  close(): Promise<unknown>
}

/** A second connection to the same SQLite file would wait for the first, which it keeps from going on. */
export function databasePart(config: Config, hooks: DatabaseHooks): PartKind<OpenDatabases> {
  return {
    name: 'database',
    settings: config.database,
    open() {
      const { db, close } = openDatabase(config, hooks)
      const probes = openBeside(db, config, { poolSize: 2 })
      return { db, probes: probes.db, close: () => Promise.all([close(), probes.close()]) }
    },
    close: (databases) => databases.close(),
  }
}

/** NATS where it is configured, else a bus within this process. @param given a bus of the caller's */
export function busPart({ nats, events }: Config, log: Log, given?: Bus): PartKind<Bus> {
  return {
    name: 'bus',
    settings: given ? 'given' : nats.url ? { nats, events } : 'local',
    async open() {
      if (given) return given
      if (!nats.url) return createLocalBus(log)
      // Loaded only where NATS is configured, so that others start sooner.
      const { createNatsBus } = await import('./nats-bus.ts')
      return createNatsBus({ nats, events }, log)
    },
    close: (bus) => bus.close(),
  }
}
