import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { transact } from '../../../lib/db/transact.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

let env: TestEnv
beforeEach(async () => {
  env = await createTestEnv()
})
afterEach(() => env.close())

const serverError = (errno: number) => Object.assign(new Error('from the server'), { errno })

/** Runs work that fails with `error` in each of the first `failures` tries, each of which takes `tryMs`. */
async function run(error: Error, { failures = Number.POSITIVE_INFINITY, tryMs = 0 } = {}) {
  let now = 1000
  let tries = 0
  const work = async () => {
    tries++
    now += tryMs
    if (tries <= failures) throw error
    return 'done'
  }
  const outcome = await transact(env.env.db, work, () => now).catch((thrown: unknown) => thrown)
  return { outcome, tries }
}

describe('a transaction', () => {
  it.each([1213, 1205, 1062])('runs again after %i', async (errno) => {
    expect(await run(serverError(errno), { failures: 2 })).toEqual({ outcome: 'done', tries: 3 })
  })

  it('gives up after five tries', async () => {
    const deadlock = serverError(1213)
    expect(await run(deadlock)).toEqual({ outcome: deadlock, tries: 5 })
  })

  it('begins no new try once its caller has waited long enough', async () => {
    const lockWait = serverError(1205)
    expect(await run(lockWait, { tryMs: 2000 })).toEqual({ outcome: lockWait, tries: 2 })
    expect(await run(lockWait, { tryMs: 5000 })).toEqual({ outcome: lockWait, tries: 1 })
  })

  it('fails at once for any other reason', async () => {
    const away = serverError(1053)
    expect(await run(away)).toEqual({ outcome: away, tries: 1 })
  })
})
