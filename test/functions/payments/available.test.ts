import { describe, expect, it } from 'vitest'
import available from '../../../functions/authlance/identity/api/v1/profile/my-group/[group]/[user]/available.ts'
import { transact } from '../../../lib/db/transact.ts'
import { createGroup } from '../../../lib/identity/groups.ts'
import { I, openShop } from '../../parts/shop.ts'

const TAKEN = { available: false, signature: '' }

describe('whether a name is available', () => {
  it('a free name comes with a signature; a group of others is taken, whatever the case', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    const free = await shop.check('acme', ada)
    expect([free.status, free.body.available]).toEqual([200, true])
    expect(free.body.signature).toMatch(/^\d+\.[\w-]{43}$/)

    await transact(shop.env.db, (trx) => createGroup(trx, { slugSource: 'acme', longName: 'Acme' }, 1))
    expect((await shop.check('acme', ada)).body).toEqual(TAKEN)
    expect((await shop.check(' ACME ', ada)).body).toEqual(TAKEN)
  })

  it.each(['ab', 'a!c', '1abc', 'abc1', 'müller', 'roles', 'billing', 'a/b', 'a'.repeat(64), '~%~'])(
    'a name that our rule for slugs refuses, %s, is simply not available',
    async (name) => {
      const shop = await openShop()
      const answer = await shop.check(name, await shop.signIn('Ada'))
      expect([answer.status, answer.body]).toEqual([200, TAKEN])
    },
  )

  it('an empty name or identity is refused, never a fault of ours', async () => {
    const shop = await openShop()
    const ada = await shop.signIn('Ada')
    for (const path of ['%20/me/available', '/me/available', 'acme//available']) {
      const { status } = await shop.get(available, `${I}/profile/my-group/${path}`, ada)
      expect([400, 404], path).toContain(status)
    }
  })

  it('a visitor is asked to sign in first', async () => {
    const shop = await openShop()
    const { status, body } = await shop.get(available, `${I}/profile/my-group/acme/me/available`)
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })

  it("names of the configuration's groups are kept for these", async () => {
    const users = [{ email: 'boss@example.com', groups: ['Head Office'], firstName: 'B', lastName: 'C' }]
    const shop = await openShop({ config: { users } })
    expect((await shop.check('head-office', await shop.signIn('Ada'))).body).toEqual(TAKEN)
  })

  it("a name held by somebody else's reservation is not available, one's own is", async () => {
    const shop = await openShop()
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    expect((await shop.buy('acme', ada)).status).toBe(200)
    expect((await shop.check('acme', eve)).body).toEqual(TAKEN)
    expect((await shop.check('acme', ada)).body.available).toBe(true)
  })

  it("a group-admin's own group without a live purchase is available, a member's is not", async () => {
    const shop = await openShop({ config: { authlance: { autoCreateGroup: true } } })
    const [ada, eve] = [await shop.signIn('Ada'), await shop.signIn('Eve')]
    expect((await shop.check('ada-lovelace', ada)).body.available).toBe(true)
    expect((await shop.check('ada-lovelace', eve)).body).toEqual(TAKEN)
  })
})
