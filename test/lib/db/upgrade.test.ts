import { Migrator } from 'kysely/migration'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { migrate } from '../../../lib/db/migrate.ts'
import { migrations } from '../../../lib/db/migrations.ts'
import { openDatabase } from '../../../runtime/node/database.ts'
import { isAvailable } from '../../parts/available.ts'
import { createDatabase } from '../../parts/mariadb.ts'
import { testConfig } from '../events/outbox-fixture.ts'

const row = { tier_name: 'Standard', provider: 'authlance', provider_customer_id: null, status: 'trialing' }
const times = { started_at: 1, ends_at: 2, created_at: 3, updated_at: 4 }

/** The last migration before payments came. */
const BEFORE = '0018'

describe.each(isAvailable('mariadb') ? ['sqlite', 'mariadb'] : ['sqlite'])(
  'a database with rows, on %s',
  (kind) => {
    /** As a release before payments left it: the subscriptions of two groups. */
    async function open() {
      const coordinates = kind === 'sqlite' ? { file: ':memory:' } : await createDatabase(inject('mariadb')!)
      const { db, close } = openDatabase(testConfig({ database: coordinates }))
      onTestFinished(close)
      const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
      const last = Object.keys(migrations).find((name) => name.startsWith(BEFORE))!
      const { error } = await migrator.migrateTo(last)
      expect(error).toBeUndefined()
      for (const group of [7, 8]) {
        const provider_subscription_id = `group-${group}`
        await db
          .insertInto('subscriptions')
          .values({ ...row, ...times, group_id: group, provider_subscription_id })
          .execute()
      }
      return db
    }

    test('keeps its subscriptions when payments come, and takes some without a group', async () => {
      const db = await open()
      await migrate(db, { tiers: [] })
      const rows = await db.selectFrom('subscriptions').selectAll().orderBy('id').execute()
      expect(rows).toMatchObject([
        {
          id: 1,
          group_id: 7,
          tier_name: 'Standard',
          status: 'trialing',
          ends_at: 2,
          quantity: 1,
          version: 0,
          as_of: 0,
        },
        { id: 2, group_id: 8, provider_subscription_id: 'group-8', livemode: 0, trial_ends_at: null },
      ])
      const values = { ...row, ...times, group_id: null, provider_subscription_id: 'sub_1' }
      await db.insertInto('subscriptions').values(values).execute()
      await expect(db.insertInto('subscriptions').values(values).execute()).rejects.toThrow(
        /unique|duplicate/i,
      )
    })

    test('comes up to date although an earlier start was cut off within the first steps', async () => {
      const db = await open()
      const steps = Object.keys(migrations).filter((name) => name.slice(0, 4) > BEFORE)
      for (const name of steps) await migrations[name]!.up(db)
      expect(await migrate(db, { tiers: [] })).toEqual(steps)
      expect(await db.selectFrom('subscriptions').select('group_id').orderBy('id').execute()).toEqual([
        { group_id: 7 },
        { group_id: 8 },
      ])
    })
  },
)
