import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pause } from '../../../lib/async/pause.ts'
import { type Job, JobLostError, jobPosition, withJobLease } from '../../../lib/db/jobs.ts'
import { databaseKinds, openTestDatabase, type TestDatabase } from '../events/outbox-fixture.ts'

describe.each(databaseKinds)('a job that one process at a time may do, on %s', (kind) => {
  let test: TestDatabase
  let offset: number
  const clock = { now: () => Date.now() + offset }
  beforeEach(async () => {
    test = await openTestDatabase(kind)
    offset = 0
  })
  afterEach(() => test.close())

  const lease = (leaseMs = 30_000) => ({ name: 'tidy', leaseMs, clock })
  const run = <T>(work: (job: Job) => Promise<T>, leaseMs?: number) =>
    withJobLease(test.db, lease(leaseMs), work)

  it('is refused to everybody else until it is done, then goes on where it left off', async () => {
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const first = run(async (job) => {
      await job.savePosition('page 7')
      begun.resolve()
      await end.promise
      return job.position
    })
    await begun.promise
    const others = await Promise.all(Array.from({ length: 5 }, () => run(async () => 'never')))
    expect(others).toEqual(Array(5).fill(undefined))

    end.resolve()
    expect(await first).toEqual({ result: null })
    expect(await run(async (job) => job.position)).toEqual({ result: 'page 7' })
    expect(await jobPosition(test.db, 'tidy')).toBe('page 7')
  })

  it('is done by one of several that begin together', async () => {
    let atOnce = 0
    let most = 0
    const results = await Promise.all(
      Array.from({ length: 6 }, () =>
        run(async () => {
          most = Math.max(most, ++atOnce)
          await pause(100)
          atOnce--
        }),
      ),
    )
    expect(most).toBe(1)
    expect(results.filter((result) => result !== undefined).length).toBeGreaterThan(0)
  })

  it('is free again when the work fails', async () => {
    await expect(run(() => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck')
    expect(await run(async () => 'done')).toEqual({ result: 'done' })
  })

  it('stays leased while the work takes longer than the lease', async () => {
    const outcome = await run(async (job) => {
      await pause(1500)
      job.check()
      return run(async () => 'never')
    }, 600)
    expect(outcome).toEqual({ result: undefined })
  })

  it('is taken over when the lease ran out, and the former owner writes nothing more', async () => {
    const left = await run(async (job) => {
      offset = 60_000
      expect(await run(async (next) => next.savePosition('of the next'))).toEqual({ result: undefined })
      expect(job.check).toThrow(JobLostError)
      return job.savePosition('of the former').catch((error: unknown) => error)
    })
    expect(left?.result).toBeInstanceOf(JobLostError)
    expect(await jobPosition(test.db, 'tidy')).toBe('of the next')
  })

  it('does not free what another has taken over', async () => {
    const taken = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    let next: Promise<unknown> | undefined
    await run(async () => {
      offset = 60_000
      next = run(async () => {
        taken.resolve()
        await end.promise
      })
      await taken.promise
    })
    expect(await run(async () => 'never')).toBeUndefined()
    end.resolve()
    await next
  })
})
