import { expect, it } from 'vitest'
import { type Called, callBare, claimsOf, type Dashboard, I, signUp } from './dashboard.ts'
import type { Transport } from './transport.ts'

/** The signed-in reads, and the profile page. */
export function readTests(gate: () => Transport): void {
  it('reads one’s groups by the cookie alone', async () => {
    const ada = await signUp(gate())
    const { status, body } = await ada.call(`${I}/profile/my-groups/${ada.identity}`)
    expect(status).toBe(200)
    expect(body).toEqual([groupNamed(claimsOf(ada.token).user.groups[0])])
  })

  it('reads a group and its members as a plain member, without being sysadmin', async () => {
    const ada = await signUp(gate())
    const [name] = claimsOf(ada.token).user.groups
    const group = await ada.call(`${I}/realm/group/${name}`)
    expect([group.status, group.body]).toEqual([200, groupNamed(name)])
    const upper = await ada.call(`${I}/realm/group/${encodeURIComponent(` ${name.toUpperCase()} `)}`)
    expect([upper.status, upper.body]).toEqual([200, group.body])

    const members = await ada.call(`${I}/realm/group/${name}/members`)
    expect(members.status).toBe(200)
    expect(members.body).toMatchObject([
      {
        identity: ada.identity,
        email: ada.email,
        roles: [],
        groups: [name],
        groupRoles: [{ group: name, role: 'group-admin', user: ada.identity }],
      },
    ])
  })

  it('another tenant’s group looks absent, to the letter', async () => {
    const [ada, eve] = [await signUp(gate()), await signUp(gate())]
    const [name] = claimsOf(ada.token).user.groups
    for (const rest of ['', '/members']) {
      const foreign = await eve.call(`${I}/realm/group/${name}${rest}`)
      const absent = await eve.call(`${I}/realm/group/there-is-no-such-group${rest}`)
      expect([foreign.status, absent.status]).toEqual([404, 404])
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' })
      expect(namesOf(foreign)).toEqual(namesOf(absent))
    }
  })

  it('lists the roles that a group gives, and no global one', async () => {
    const ada = await signUp(gate())
    const first = await ada.call(`${I}/profile/my-group/roles/${ada.identity}/1`)
    expect([first.status, first.body]).toEqual([200, { roles: ['group-admin'], pages: 1 }])
    const past = await ada.call(`${I}/profile/my-group/roles/${ada.identity}/2`)
    expect([past.status, past.body]).toEqual([200, { roles: [], pages: 1 }])
    expect((await ada.call(`${I}/profile/my-group/roles/${ada.identity}/0`)).status).toBe(400)
  })

  it('shows the tiers to everybody', async () => {
    const { status, body } = await callBare(gate(), `${I}/subscriptions/tiers`)
    expect(status).toBe(200)
    expect(body).toMatchObject([
      { tierName: 'Standard', price: 9, lookupKey: 'standard' },
      { tierName: 'Company', price: 490, lookupKey: 'company' },
    ])
  })

  it('takes the profile as the page sends it, and nothing that is not the user’s to change', async () => {
    const ada = await signUp(gate())
    const { user } = claimsOf(ada.token)
    const form = new FormData()
    const whole = {
      ...user,
      firstName: 'Augusta',
      lastName: 'King',
      birthDate: '1815-12-10T00:00:00.000Z'.replace('1815', '1915'),
      gender: 'female',
      identity: 'somebody-else',
      email: 'other@example.com',
      roles: ['sysadmin'],
      groups: ['foreign'],
      groupRoles: [{ group: 'foreign', role: 'group-admin' }],
      state: 'inactive',
      verified: true,
      avatar: 'https://evil.example/a.png',
    }
    form.set('user', JSON.stringify(whole))
    const saved = await ada.call(`${I}/profile/me`, { method: 'POST', body: form })
    const expected = {
      ...user,
      firstName: 'Augusta',
      lastName: 'King',
      birthDate: '1915-12-10T00:00:00.000Z',
      gender: 'female',
    }
    expect([saved.status, saved.body]).toEqual([200, expected])

    expect(await nameAtKratos(ada)).toEqual({ first: 'Augusta', last: 'King' })
    const again = await ada.call('/authlance/identity/me', { json: { session: ada.sid } })
    expect(claimsOf(again.body.token).user).toEqual(expected)
  })

  it('takes the profile as JSON too', async () => {
    const ada = await signUp(gate())
    const saved = await ada.call(`${I}/profile/me`, {
      json: { lastName: 'Byron', gender: 'other', roles: ['admin'] },
    })
    expect(saved.status).toBe(200)
    expect(saved.body).toMatchObject({ firstName: 'Ada', lastName: 'Byron', gender: 'other', roles: [] })
    expect(await nameAtKratos(ada)).toEqual({ first: 'Ada', last: 'Byron' })
  })

  it('refuses an avatar where none can be stored, and a date that is none', async () => {
    const ada = await signUp(gate())
    const form = new FormData()
    form.set('user', '{}')
    form.set(
      'avatarImage',
      new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47])], { type: 'image/png' }),
      'a.png',
    )
    const avatar = await ada.call(`${I}/profile/me`, { method: 'POST', body: form })
    expect([avatar.status, avatar.body.code]).toEqual([400, 'avatar_storage_missing'])
    const date = await ada.call(`${I}/profile/me`, { json: { birthDate: 'yesterday' } })
    expect([date.status, date.body.code]).toEqual([400, 'invalid_request'])
    expect(date.body.issues[0].path).toBe('body.birthDate')
  })
}

const groupNamed = (name: string) => ({
  id: expect.any(Number),
  name,
  longName: 'Ada Lovelace',
  description: '',
  subscriptionUuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
})

async function nameAtKratos(person: Dashboard): Promise<unknown> {
  return (await person.call('/authlance/identity/sessions/whoami')).body.identity.traits.name
}

const namesOf = ({ headers }: Called) => [...headers.keys()].toSorted()
