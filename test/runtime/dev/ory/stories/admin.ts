import { setTimeout as sleep } from 'node:timers/promises'
import { csrfOf, login, password, register, type Story } from '../story.ts'
import type { Target } from '../target.ts'

const unknown = '00000000-0000-4000-8000-000000000000'

export const adminStories: Story[] = [
  {
    name: 'creates, reads, changes and deletes identities',
    async run({ admin, person }) {
      const traits = { email: 'Made@example.com', name: { first: 'Made', last: 'Up' } }
      const made = await admin('POST', '/admin/identities', { json: { schema_id: 'default', traits } })
      const path = `/admin/identities/${made.body.id}`
      await admin('GET', path)
      await admin('GET', `${path}?include_credential=password&include_credential=code`)
      await admin('GET', `${path}?include_credential=nonsense`)
      await admin('GET', '/admin/identities?credentials_identifier=made@example.com')
      await admin('GET', '/admin/identities?credentials_identifier=MADE@example.com')
      await admin('GET', '/admin/identities?credentials_identifier=nobody@example.com')
      await admin('GET', `/admin/identities?ids=${made.body.id}`)
      await admin('GET', '/admin/identities?ids=nonsense')
      await login(person(), 'made@example.com')
      await admin('POST', '/admin/identities', { json: { schema_id: 'default', traits } })
      await admin('PUT', path, {
        json: {
          schema_id: 'default',
          state: 'inactive',
          traits: { email: 'made@example.com' },
          metadata_public: { plan: 'free' },
          metadata_admin: { note: 'x' },
        },
      })
      await admin('PUT', path, {
        json: { schema_id: 'default', state: 'active', traits: { email: 'moved2@example.com' } },
      })
      await admin('POST', '/admin/identities', {
        json: { schema_id: 'default', traits: { email: 'mine@example.com' } },
      })
      await admin('PUT', path, { json: { traits: { email: 'mine@example.com' } } })
      await admin('PUT', path, { json: { traits: {} } })
      await admin('PUT', path, {
        json: { schema_id: 'default', state: 'odd', traits: { email: 'moved2@example.com' } },
      })
      await admin('PUT', `/admin/identities/${unknown}`, { json: { traits: { email: 'z@example.com' } } })
      await admin('PATCH', path, {
        json: [{ op: 'replace', path: '/traits/email', value: 'patched@example.com' }],
      })
      await admin('PATCH', path, { json: [{ op: 'add', path: '/metadata_public', value: { a: 1 } }] })
      await admin('PATCH', path, { json: [{ op: 'add', path: '/traits/name', value: { first: 'P' } }] })
      await admin('PATCH', path, { json: [{ op: 'remove', path: '/traits/name' }] })
      await admin('PATCH', path, { json: [{ op: 'replace', path: '/state', value: 'odd' }] })
      await admin('PATCH', path, { json: [{ op: 'replace', path: '/traits/nope', value: 1 }] })
      await admin('PATCH', path, { json: [{ op: 'replace', path: '/id', value: unknown }] })
      await admin('PATCH', path, { json: { op: 'replace' } })
      await admin('PATCH', `/admin/identities/${unknown}`, { json: [] })
      await admin('DELETE', path)
      await admin('DELETE', path)
      await admin('GET', path)
      await admin('GET', '/admin/identities/nonsense')
    },
  },
  {
    name: 'refuses malformed identities',
    async run({ admin }) {
      const create = (json: unknown) => admin('POST', '/admin/identities', { json })
      await create({ schema_id: 'default', traits: {} })
      await create({ schema_id: 'default' })
      await create({ schema_id: 'default', traits: { email: 'broken' } })
      await create({ schema_id: 'default', traits: { email: 'a' } })
      await create({ schema_id: 'default', traits: { email: 'x@example.com', age: 1 } })
      await create({ schema_id: 'other', traits: { email: 'x@example.com' } })
      await create({ schema_id: 'default', traits: { email: 'x@example.com' }, state: 'odd' })
      await create({ schema_id: 'default', traits: { email: 'x@example.com' }, surprise: true })
      await create([])
      await admin('POST', '/admin/identities')
    },
  },
  {
    name: 'imports identities with a password and a verified address',
    async run({ admin, person }) {
      await admin('POST', '/admin/identities', {
        json: {
          schema_id: 'default',
          traits: { email: 'seeded@example.com', name: { first: 'S', last: 'D' } },
          state: 'active',
          credentials: { password: { config: { password } } },
          verifiable_addresses: [
            { value: 'seeded@example.com', verified: true, via: 'email', status: 'completed' },
          ],
          metadata_public: { seeded: true },
        },
      })
      await login(person(), 'seeded@example.com')
      const { body } = await admin('GET', '/admin/identities?credentials_identifier=seeded@example.com')
      await admin('PUT', `/admin/identities/${body[0].id}`, {
        json: {
          schema_id: 'default',
          state: 'active',
          traits: { email: 'seeded@example.com' },
          credentials: { password: { config: { password: 'a changed password' } } },
        },
      })
      await login(person(), 'seeded@example.com', 'a changed password')
    },
  },
  {
    name: 'lists and ends the sessions of an identity',
    async run({ admin, person }) {
      const first = person()
      const { body } = await register(first, 'sessions@example.com')
      const second = person()
      const again = await login(second, 'sessions@example.com')
      const path = `/admin/identities/${body.identity.id}/sessions`
      await admin('GET', path)
      await admin('GET', `${path}?active=true&page_size=1&page_token=0`)
      await admin('GET', `/admin/sessions/${again.body.session.id}`)
      await admin('GET', `/admin/sessions/${again.body.session.id}?expand=identity&expand=devices`)
      await admin('GET', `/admin/sessions/${unknown}`)
      await admin('GET', '/admin/sessions/nonsense')
      await admin('GET', '/admin/sessions/whoami')
      await admin('DELETE', `/admin/sessions/${again.body.session.id}`)
      await second.send('GET', '/sessions/whoami')
      await admin('DELETE', `/admin/sessions/${again.body.session.id}`)
      await admin('DELETE', `/admin/sessions/${unknown}`)
      await admin('DELETE', '/admin/sessions/nonsense')
      await admin('GET', `${path}?active=false`)
      await admin('GET', `${path}?active=maybe`)
      await admin('DELETE', path)
      await first.send('GET', '/sessions/whoami')
      await admin('GET', path)
      await admin('DELETE', path)
      await admin('GET', `/admin/identities/${unknown}/sessions`)
      await admin('DELETE', `/admin/identities/${unknown}/sessions`)
      await admin('GET', '/admin/identities/nonsense/sessions')
    },
  },
  {
    name: 'lists everybody and every session',
    async run({ admin, person, target }) {
      await deleteEverybody(target)
      await admin('GET', '/admin/identities')
      await admin('GET', '/admin/sessions')
      await register(person(), 'only@example.com')
      await admin('GET', '/admin/identities')
      await admin('GET', '/admin/identities?per_page=10')
      await admin('GET', '/admin/identities?page_size=1')
      await admin('GET', '/admin/identities?page=1&per_page=10')
      await admin('GET', '/admin/sessions')
      await admin('GET', '/admin/sessions?active=true&expand=identity&expand=devices')
      await admin('GET', '/admin/sessions?expand=nonsense')
      await admin('GET', '/admin/sessions?active=false')
      await admin('GET', '/admin/identities?include_credential=password')
    },
  },
  {
    name: 'shows mails to administrators',
    async run({ admin, person, target }) {
      await register(person(), 'mail@example.com')
      await target.nextMail('mail@example.com')
      await waitUntilSent(target, 'mail@example.com')
      const { body } = await admin('GET', '/admin/courier/messages?recipient=mail@example.com')
      await admin('GET', '/admin/courier/messages?recipient=mail@example.com&status=sent&page_size=1')
      await admin('GET', '/admin/courier/messages?recipient=mail@example.com&status=abandoned')
      await admin('GET', '/admin/courier/messages?status=odd')
      await admin('GET', `/admin/courier/messages/${body[0].id}`)
      await admin('GET', `/admin/courier/messages/${unknown}`)
      await admin('GET', '/admin/courier/messages/nonsense')
    },
  },
  {
    name: 'recovers an account with a code from an administrator',
    async run({ admin, person }) {
      const made = await admin('POST', '/admin/identities', {
        json: { schema_id: 'default', traits: { email: 'helped@example.com' } },
      })
      const create = (json: object) => admin('POST', '/admin/recovery/code', { json })
      const first = await create({ identity_id: made.body.id })
      await create({ identity_id: made.body.id, expires_in: '10m', flow_type: 'api' })
      await create({ identity_id: made.body.id, expires_in: 'soon' })
      await create({ identity_id: made.body.id, expires_in: '-1h' })
      await create({ identity_id: made.body.id, flow_type: 'odd' })
      await create({ identity_id: unknown })
      const id = new URL(first.body.recovery_link).searchParams.get('flow')
      const visitor = person()
      const flow = await visitor.send('GET', `/self-service/recovery/flows?id=${id}`)
      const done = await visitor.send('POST', flow.body.ui.action, {
        json: { method: 'code', code: first.body.recovery_code },
      })
      const settingsId = new URL(done.body.redirect_browser_to).searchParams.get('flow')
      const settings = await visitor.send('GET', `/self-service/settings/flows?id=${settingsId}`)
      await visitor.send('POST', settings.body.ui.action, {
        json: { method: 'password', password, csrf_token: csrfOf(settings) },
      })
      await login(person(), 'helped@example.com')
      await admin('GET', `/admin/identities/${made.body.id}`)
    },
  },
]

async function deleteEverybody(target: Target): Promise<void> {
  for (;;) {
    const list = await target.adminFetch(new Request(`${target.adminUrl}/admin/identities`))
    const identities = (await list.json()) as { id: string }[]
    if (identities.length === 0) return
    for (const { id } of identities) {
      const url = `${target.adminUrl}/admin/identities/${id}`
      await target.adminFetch(new Request(url, { method: 'DELETE' }))
    }
  }
}

/** The mail arrives a moment before Kratos notes that it was sent. */
async function waitUntilSent(target: Target, recipient: string): Promise<void> {
  const url = `${target.adminUrl}/admin/courier/messages?status=sent&recipient=${recipient}`
  for (let tries = 0; tries < 100; tries += 1) {
    const list = await target.adminFetch(new Request(url))
    if (((await list.json()) as unknown[]).length > 0) return
    await sleep(50)
  }
  throw new Error(`no mail to ${recipient} was sent within 5 s`)
}
