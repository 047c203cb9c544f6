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
  for (let pauseMs = 250; waiting.length && !signal.aborted; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const results = await Promise.all(waiting.map((user) => seedOnce(env, user)))
    waiting = waiting.filter((_, index) => results[index]!.kind === 'unavailable')
    if (results.some(({ kind }) => kind === 'granted')) wake()
    if (waiting.length) await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

async function seedOnce(env: Env, user: SeededUser): Promise<SeedResult> {
  const trace = traceOf(new Request('http://localhost/'))
  try {
    const result = await seedUser(env, user, env.clock.now(), trace)
    if (result.kind === 'withheld')
      env.log.warn({ email: user.email }, 'configured user not granted: the address is not verified')
    return result
  } catch (error) {
    env.log.error({ err: error }, 'configured user not seeded')
    return { kind: 'unavailable' }
  }
}
