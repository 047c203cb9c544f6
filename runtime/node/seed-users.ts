import { setTimeout as sleep } from 'node:timers/promises'
import type { Env } from '../../lib/env.ts'
import { traceOf } from '../../lib/http/trace.ts'
import { type SeededUser, type SeedResult, seedUser } from '../../lib/identity/seed-user.ts'

const MAX_PAUSE_MS = 30_000

/**
 * Seeds the configured users in the background, again and again until each is granted or withheld: Kratos may start after us.
 * @returns when all are settled, or at once after `signal` aborts
 */
export async function seedUsers(env: Env, wake: () => void, signal: AbortSignal): Promise<void> {
  let waiting = [...env.config.users]
  for (
    let tries = 1, pauseMs = 250;
    waiting.length && !signal.aborted;
    tries++, pauseMs = nextPause(pauseMs)
  ) {
    const results = await Promise.all(waiting.map((user) => seedOnce(env, user, tries)))
    waiting = waiting.filter((_, index) => results[index]!.kind === 'unavailable')
    if (results.some(({ kind }) => kind === 'granted')) wake()
    if (waiting.length) await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

function nextPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, MAX_PAUSE_MS)
}

async function seedOnce(env: Env, user: SeededUser, tries: number): Promise<SeedResult> {
  const { email } = user
  const trace = traceOf(new Request('http://localhost/'))
  try {
    const result = await seedUser(env, user, env.clock.now(), trace)
    if (result.kind === 'withheld') env.log.warn({ email, why: result.why }, 'configured user not granted')
    if (result.kind === 'unavailable' && isTold(tries)) {
      const { reason, status } = result
      env.log.warn({ email, reason, upstreamStatus: status, tries }, 'configured user not seeded yet')
    }
    return result
  } catch (error) {
    if (isTold(tries)) env.log.error({ err: error, email, tries }, 'configured user not seeded')
    return { kind: 'unavailable', reason: 'error' }
  }
}

/** Of endless tries the first, the second, the fourth, the eighth … are told. */
function isTold(tries: number): boolean {
  return (tries & (tries - 1)) === 0
}
