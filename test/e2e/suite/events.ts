import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { registerUser } from '../../parts/kratos-user.ts'
import { callBare, claimsOf, signIn, signUp } from './dashboard.ts'
import type { Transport } from './transport.ts'

const BOOTSTRAP = ['user.created', 'group.created', 'subscription.created', 'user.authenticated']

/** What the bus tells of a sign-in. */
export function eventTests(gate: () => Transport): void {
  const eventsOf = async (identity: string, groupName?: string) => {
    const ours = (await gate().events()).filter(
      ({ data }) => data.user?.identity === identity || (groupName && data.group?.name === groupName),
    )
    return ours.toSorted((one, other) => one.data.seq - other.data.seq)
  }
  const subjects = async (identity: string, groupName: string) =>
    (await eventsOf(identity, groupName)).map(({ subject }) => subject)

  it('tells once of the user, the group, the subscription and each session, and of no renewal', async () => {
    const ada = await signUp(gate())
    const [group] = claimsOf(ada.token).user.groups
    await expect.poll(() => subjects(ada.identity, group), { timeout: 10_000 }).toEqual(BOOTSTRAP)

    for (let page = 0; page < 3; page++)
      await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    await signIn(gate(), ada)
    await expect.poll(() => subjects(ada.identity, group), { timeout: 10_000 }).toHaveLength(5)
    await sleep(300)
    expect(await subjects(ada.identity, group)).toEqual([...BOOTSTRAP, 'user.authenticated'])
  })

  it('gives each an id, a time, a schema version and an increasing seq', async () => {
    const startedAt = Date.now()
    const ada = await signUp(gate())
    const [group] = claimsOf(ada.token).user.groups
    await expect.poll(() => subjects(ada.identity, group), { timeout: 10_000 }).toEqual(BOOTSTRAP)

    const events = await eventsOf(ada.identity, group)
    for (const { messageId, data } of events) {
      expect(data).toMatchObject({ id: messageId, schemaVersion: 1, seq: expect.any(Number) })
      expect(data.id).toMatch(/^[0-9a-f-]{36}$/)
      expect(Date.parse(data.time)).toBeGreaterThanOrEqual(startedAt - 1000)
      expect(new Date(data.time).toISOString()).toBe(data.time)
    }
    expect(new Set(events.map(({ data }) => data.id)).size).toBe(4)
    const actor = { identity: ada.identity, email: ada.email, firstName: 'Ada', lastName: 'Lovelace' }
    expect(events.map(({ data }) => data)).toMatchObject([
      { user: actor },
      { group: { name: group, longName: 'Ada Lovelace' }, user: actor },
      { tierName: 'Standard', group: { name: group }, status: 'trialing', billingProvider: 'authlance' },
      { user: actor, email: ada.email, subId: ada.identity },
    ])
    const days = (Date.parse(events[2]!.data.endDate) - Date.parse(events[2]!.data.startDate)) / 86_400_000
    expect(days).toBe(14)
  })

  it('carries the trace of the request that caused it', async () => {
    const user = await registerUser(`${gate().url}/authlance/identity`)
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const answer = await callBare(gate(), '/authlance/identity/me', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-session-token': user.sessionToken,
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ session: user.sid }),
    })
    expect(answer.status).toBe(200)
    await expect
      .poll(async () => (await eventsOf(user.identity)).length, { timeout: 10_000 })
      .toBeGreaterThan(0)
    for (const { traceparent } of await eventsOf(user.identity)) {
      expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
      expect(traceparent).not.toContain('b7ad6b7169203331')
    }
  })
}
