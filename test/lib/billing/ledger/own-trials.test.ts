import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { endTrials } from '../../../../lib/billing/ledger/end-trials.ts'
import { tendLedger } from '../../../../lib/billing/ledger/tend-ledger.ts'
import { newTrace } from '../../../../lib/http/trace.ts'
import { isAvailable } from '../../../parts/available.ts'
import { insertGroups } from '../../../parts/insert-groups.ts'
import { createDatabase } from '../../../parts/mariadb.ts'
import { createTestEnv, type TestEnv } from '../../../parts/test-env.ts'

const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000

describe.each(isAvailable('mariadb') ? ['sqlite', 'mariadb'] : ['sqlite'])(
  'trials without Stripe, on %s',
  (kind) => {
    async function open(over: Record<string, unknown> = {}, replicas = 1): Promise<TestEnv[]> {
      const database = kind === 'mariadb' ? await createDatabase(inject('mariadb')!) : { file: ':memory:' }
      const opened: TestEnv[] = []
      for (let one = 0; one < replicas; one++) {
        const test = await createTestEnv({ now: NOW, config: { database, ...over } })
        onTestFinished(() => test.close())
        opened.push(test)
      }
      return opened
    }

    async function begin({ env }: TestEnv, count: number, endsAt: number, over: object = {}): Promise<void> {
      const times = { created_at: 0, updated_at: 0 }
      for (let index = 0; index < count; index++) {
        const name = `group-${endsAt - NOW}-${index}`
        const [id] = await insertGroups(env.db, [name])
        const row = {
          group_id: id!,
          tier_name: 'Standard',
          provider: 'authlance',
          provider_subscription_id: `group-${id}`,
          provider_customer_id: null,
          status: 'trialing',
          started_at: 0,
          ends_at: endsAt,
          ...times,
        }
        await env.db
          .insertInto('subscriptions')
          .values({ ...row, ...over })
          .execute()
      }
    }

    async function told({ env }: TestEnv) {
      const rows = await env.db
        .selectFrom('event_outbox')
        .select(['subject', 'payload'])
        .orderBy('seq')
        .execute()
      return rows.map(({ subject, payload }) => ({ subject, ...JSON.parse(payload) }))
    }

    test('end by the clock, with one event each, although several replicas see to it at once', async () => {
      const replicas = await open({}, kind === 'mariadb' ? 3 : 1)
      const [first] = replicas as [TestEnv]
      await begin(first, 5, NOW)
      await begin(first, 1, NOW + 1)

      const ended = await Promise.all(
        [...replicas, ...replicas].map(({ env }) => endTrials(env, NOW, newTrace())),
      )
      expect(ended.reduce((sum, one) => sum + one)).toBe(5)
      const events = await told(first)
      expect(events).toHaveLength(5)
      expect(new Set(events.map(({ group }) => group.name)).size).toBe(5)
      expect(events[0]).toMatchObject({
        subject: 'subscription.canceled',
        status: 'canceled',
        billingProvider: 'authlance',
        endDate: new Date(NOW).toISOString(),
      })
      const states = await first.env.db
        .selectFrom('subscriptions')
        .select(['status', 'ended_at'])
        .where('ends_at', '=', NOW)
        .execute()
      expect(states).toEqual(Array(5).fill({ status: 'canceled', ended_at: NOW }))
      const rest = await first.env.db
        .selectFrom('subscriptions')
        .select('status')
        .where('ends_at', '>', NOW)
        .execute()
      expect(rest).toEqual([{ status: 'trialing' }])
    })

    test('all end in one turn, however many they are', async () => {
      const [one] = (await open()) as [TestEnv]
      await begin(one, 230, NOW - DAY_MS)
      const { written } = await tendLedger(one.env, { unclaimedAfter: 0, now: NOW, trace: newTrace() })
      expect(written).toBe(true)
      expect(await told(one)).toHaveLength(230)
    })

    test('are left alone where Stripe bills, and where there is no end', async () => {
      const [one] = (await open()) as [TestEnv]
      await begin(one, 1, NOW - 1, { provider: 'stripe' })
      await begin(one, 1, NOW - 2, { ends_at: null, status: 'active' })
      expect(await endTrials(one.env, NOW, newTrace())).toBe(0)
      expect(await told(one)).toEqual([])
    })

    test('end in silence while subscription events are muted', async () => {
      const [one] = (await open({ events: { disableSubscriptionEvents: true } })) as [TestEnv]
      await begin(one, 1, NOW)
      expect(await endTrials(one.env, NOW, newTrace())).toBe(1)
      expect(await told(one)).toEqual([])
    })
  },
)
