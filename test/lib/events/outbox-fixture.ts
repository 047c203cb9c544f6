import type { Kysely } from 'kysely'
import { inject } from 'vitest'
import { type Config, parseConfig } from '../../../lib/config.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import type { Database, NewOutboxRow } from '../../../lib/db/tables.ts'
import type { Bus, EventMessage, PublishResult } from '../../../lib/events/bus.ts'
import { openPlanetScale } from '../../../runtime/edge/database.ts'
import { openDatabase } from '../../../runtime/node/database.ts'
import { isAvailable } from '../../parts/available.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { startPlanetScaleStandIn } from '../../parts/planetscale.ts'

export type DatabaseKind = 'sqlite' | 'mariadb' | 'planetscale'

/** The databases that can be opened here. */
export const databaseKinds: DatabaseKind[] = isAvailable('mariadb')
  ? ['sqlite', 'mariadb', 'planetscale']
  : ['sqlite']

export interface TestDatabase {
  db: Kysely<Database>
  config: Config
  close(): Promise<void>
}

/** A migrated database of its own. */
export async function openTestDatabase(
  kind: DatabaseKind,
  keys: Record<string, unknown> = {},
): Promise<TestDatabase> {
  const coordinates = kind === 'sqlite' ? { file: ':memory:' } : await createDatabase(inject('mariadb')!)
  const config = testConfig({ database: coordinates, ...keys })
  const { db, close } = openDatabase(config)
  await migrate(db, { tiers: [] })
  if (!('host' in coordinates) || kind !== 'planetscale') return { db, config, close }

  await close()
  const standIn = await startPlanetScaleStandIn(coordinates)
  const planetscale = { url: standIn.url }
  const remote = openPlanetScale({ database: { ...config.database, planetscale } })
  return {
    db: remote,
    config,
    async close() {
      await remote.destroy()
      await standIn.stop()
    },
  }
}

export function testConfig(keys: Record<string, unknown> = {}): Config {
  const kratos = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }
  const jwtKey = 'a-key-of-tests-that-is-32-bytes-long'
  return parseConfig({ jwtKey, kratos, database: { file: ':memory:' }, ...keys }, { env: {} }).config
}

/** Adds pending events. @returns their ids in the order of their `seq` */
export async function addEvents(
  db: Kysely<Database>,
  count: number,
  values: Partial<NewOutboxRow> = {},
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID() as string)
  const rows = ids.map((id, index) => ({
    id,
    subject: 'user.created',
    schema_version: 1,
    payload: JSON.stringify({ user: { identity: `identity ${index}` } }),
    traceparent: null,
    created_at: 1_700_000_000_000 + index,
    ...values,
  }))
  for (let from = 0; from < rows.length; from += 500) {
    await db
      .insertInto('event_outbox')
      .values(rows.slice(from, from + 500))
      .execute()
  }
  return ids
}

export async function statesOf(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('event_outbox').select('state').orderBy('seq').execute()
  return rows.map(({ state }) => state)
}

export interface ScriptedBus extends Bus {
  published: EventMessage[]
  prepared: number
  /** Decides about each message; default: acknowledged. */
  answer: (message: EventMessage) => PublishResult | Promise<PublishResult>
  /** Makes `prepare` fail. */
  unreachable: boolean
}

/** A bus that a test directs. */
export function scriptedBus(): ScriptedBus {
  const bus: ScriptedBus = {
    published: [],
    prepared: 0,
    answer: () => ({ kind: 'acknowledged' }),
    unreachable: false,
    async prepare() {
      if (bus.unreachable) throw new Error('nobody answers')
      bus.prepared++
    },
    async publish(message) {
      const result = await bus.answer(message)
      if (result.kind === 'acknowledged') bus.published.push(message)
      return result
    },
    ready: async () => !bus.unreachable,
    async close() {},
  }
  return bus
}
