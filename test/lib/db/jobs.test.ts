import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { JobLostError, jobPosition, withJobLease } from '../../../lib/db/jobs.ts'
import { databaseKinds, openTestDatabase } from '../events/outbox-fixture.ts'

describe.each(databaseKinds)('a job on %s', (kind) => {
  async function open() {
    const { db, close } = await openTestDatabase(kind)
    onTestFinished(close)
    let time = 1_700_000_000_000
    const clock = { now: () => time }
    const pass = (ms: number) => {
      time += ms
    }
    return { db, lease: { name: 'sweep', leaseMs: 60_000, clock }, pass }
  }

  test('is done by one at a time, and goes on where the last one left off', async () => {
    const { db, lease } = await open()
    const outcome = await withJobLease(db, lease, async (job) => {
      expect(job.position).toBeNull()
      expect(await withJobLease(db, lease, async () => 'beside')).toBeUndefined()
      await job.savePosition('here')
      return 'done'
    })
    expect(outcome).toEqual({ result: 'done' })
    expect(await jobPosition(db, 'sweep')).toBe('here')
    expect(await withJobLease(db, lease, async (job) => job.position)).toEqual({ result: 'here' })
  })

  test('is free again after it failed', async () => {
    const { db, lease } = await open()
    const failing = withJobLease(db, lease, async () => {
      throw new Error('no luck')
    })
    await expect(failing).rejects.toThrow('no luck')
    expect(await withJobLease(db, lease, async () => 1)).toEqual({ result: 1 })
  })

  test('whose lease ran out writes no position over that of the next', async () => {
    const { db, lease, pass } = await open()
    const late = withJobLease(db, lease, async (job) => {
      pass(lease.leaseMs)
      await withJobLease(db, lease, (next) => next.savePosition('next'))
      expect(() => job.check()).toThrow(JobLostError)
      await job.savePosition('late')
    })
    await expect(late).rejects.toThrow(JobLostError)
    expect(await jobPosition(db, 'sweep')).toBe('next')
  })

  test('keeps its lease while it is at work', async () => {
    const { db, lease, pass } = await open()
    const short = { ...lease, leaseMs: 90 }
    const until = async () =>
      (await db.selectFrom('jobs').select('lease_until').executeTakeFirstOrThrow()).lease_until
    await withJobLease(db, short, async (job) => {
      const first = await until()
      pass(60)
      await vi.waitFor(async () => expect(await until()).toBe(first + 60))
      pass(60)
      job.check()
      expect(await withJobLease(db, short, async () => 'beside')).toBeUndefined()
    })
  })
})
