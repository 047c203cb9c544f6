import { describe, expect, it } from 'vitest'
import me from '../../functions/authlance/identity/me.ts'
import { noMetrics } from '../../lib/metrics.ts'
import type { WhoamiResult } from '../../lib/ory/kratos.ts'
import { call } from '../parts/call.ts'
import { answering, BODY, COOKIE, open, PATH, SESSION } from '../parts/exchange-session.ts'
import { knows } from '../parts/fake-session.ts'
import { createTestEnv } from '../parts/test-env.ts'

describe('the exchange metric', () => {
  it('counts every outcome by its code', async () => {
    const counted: string[] = []
    const metrics = { ...noMetrics, countExchange: (outcome: string) => void counted.push(outcome) }
    let answer: WhoamiResult = { kind: 'session', session: SESSION }
    const test = await open({ kratos: { whoami: async () => answer }, env: { metrics } })
    const exchange = (headers: Record<string, string> = COOKIE) =>
      call(test, me, PATH, { json: BODY, headers })

    await exchange()
    await exchange()
    await exchange({ ...COOKIE, origin: 'https://evil.example' })
    await exchange({})
    answer = { kind: 'unauthenticated' }
    await exchange()
    answer = { kind: 'session', session: SESSION }
    await test.env.db.updateTable('users').set({ state: 'inactive' }).execute()
    await exchange()
    await test.env.db.updateTable('sessions').set({ revoked_at: 1 }).execute()
    await exchange()
    expect(counted).toEqual([
      'admitted',
      'renewed',
      'origin_not_allowed',
      'unauthenticated',
      'session_invalid',
      'user_banned',
      'session_revoked',
    ])
  })
})

describe('trouble that is not the caller’s', () => {
  it.each(['connection', 'timeout', 'status', 'body'] as const)(
    'Kratos’ %s is 503, and the cookie stays',
    async (reason) => {
      const test = await open(answering({ kind: 'unavailable', reason }))
      const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
      expect([answer.status, answer.body.code]).toEqual([503, 'upstream_unavailable'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.headers.getSetCookie()).toEqual([])
    },
  )

  it('the database’s is 503', async () => {
    const test = await createTestEnv({ kratos: knows(SESSION) })
    await test.close()
    const answer = await call(test, me, PATH, { json: BODY, headers: COOKIE })
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable'])
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})
