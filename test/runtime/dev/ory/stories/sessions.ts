import { csrfOf, login, password, register, type Story } from '../story.ts'

export const sessionStories: Story[] = [
  {
    name: 'logs out of a browser',
    async run({ person }) {
      const visitor = person()
      await register(visitor, 'logout@example.com')
      const flow = await visitor.send('GET', '/self-service/logout/browser')
      await visitor.send('GET', '/self-service/logout/browser?return_to=http://127.0.0.1:8000/bye')
      await visitor.send('GET', '/self-service/logout/browser?return_to=http://evil.example/')
      await visitor.send('GET', '/self-service/logout')
      await visitor.send('GET', '/self-service/logout?token=ory_lo_wrong')
      const kept = visitor.cookie('ory_kratos_session')!
      await visitor.send('GET', flow.body.logout_url)
      await visitor.send('GET', '/sessions/whoami')
      visitor.setCookie('ory_kratos_session', kept)
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', flow.body.logout_url)
      await visitor.send('GET', '/self-service/logout/browser')
      await person().send('GET', '/self-service/logout/browser', { accept: 'text/html' })

      await login(visitor, 'logout@example.com')
      const second = await visitor.send(
        'GET',
        '/self-service/logout/browser?return_to=http://127.0.0.1:8000/bye',
      )
      await visitor.send('GET', second.body.logout_url, { accept: 'text/html' })
      await login(visitor, 'logout@example.com')
      const third = await visitor.send('GET', '/self-service/logout/browser', { accept: 'text/html' })
      await visitor.send('GET', `/self-service/logout?token=${third.body.logout_token}`, {
        accept: 'text/html',
      })
    },
  },
  {
    name: 'lists and revokes own sessions',
    async run({ person }) {
      const first = person()
      await register(first, 'many@example.com')
      const second = person()
      await login(second, 'many@example.com')
      const third = person()
      const { body } = await login(third, 'many@example.com')
      await first.send('GET', '/sessions')
      await first.send('GET', '/sessions?per_page=1&page=1')
      await first.send('DELETE', `/sessions/${body.session.id}`)
      await third.send('GET', '/sessions/whoami')
      await first.send('GET', '/sessions')
      await first.send('DELETE', `/sessions/${body.session.id}`)
      const own = await first.send('GET', '/sessions/whoami')
      await first.send('DELETE', `/sessions/${own.body.id}`)
      await first.send('DELETE', '/sessions/nonsense')
      await first.send('DELETE', '/sessions/00000000-0000-4000-8000-000000000000')
      await first.send('DELETE', '/sessions')
      await second.send('GET', '/sessions/whoami')
      await first.send('DELETE', '/sessions')
      await person().send('GET', '/sessions')
      await person().send('DELETE', '/sessions')
      await person().send('DELETE', `/sessions/${body.session.id}`)
    },
  },
  {
    name: 'ends sessions by age',
    async run({ person, target, admin }) {
      const visitor = person()
      const { body } = await register(visitor, 'old@example.com')
      await target.expireSession(body.session.id)
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', '/sessions')
      await visitor.send('GET', '/self-service/logout/browser')
      await admin('GET', `/admin/sessions/${body.session.id}?expand=identity`)
      await login(visitor, 'old@example.com')
      await visitor.send('GET', '/sessions')
    },
  },
  {
    name: 'refuses damaged session credentials',
    async run({ person }) {
      const visitor = person()
      visitor.setCookie('ory_kratos_session', 'bm9uc2Vuc2U')
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', '/self-service/login/browser')
      await visitor.send('POST', '/sessions/whoami', { json: {} })
      await visitor.send('HEAD', '/sessions/whoami')
      await person().send('GET', '/sessions/whoami', { headers: { authorization: 'Bearer nonsense' } })
      await person().send('GET', '/sessions/whoami', { headers: { authorization: 'Basic nonsense' } })
      await person().send('GET', '/sessions/whoami', { headers: { 'x-session-token': 'nonsense' } })
    },
  },
  {
    name: 'shuts out an inactive identity',
    async run({ person, admin }) {
      const visitor = person()
      const { body } = await register(visitor, 'inactive@example.com')
      const path = `/admin/identities/${body.identity.id}`
      await admin('PATCH', path, { json: [{ op: 'replace', path: '/state', value: 'inactive' }] })
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', '/self-service/settings/browser')
      const other = person()
      await login(other, 'inactive@example.com')
      const created = await other.send('GET', '/self-service/login/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await other.send('GET', `/self-service/login/flows?id=${id}`)
      const refused = await other.send('POST', flow.body.ui.action, {
        form: { method: 'password', identifier: 'inactive@example.com', password, csrf_token: csrfOf(flow) },
        accept: 'text/html',
      })
      await other.send('GET', `/self-service/errors?id=${new URL(refused.location).searchParams.get('id')}`)
      const api = await person().send('GET', '/self-service/login/api')
      await person().send('POST', api.body.ui.action, {
        json: { method: 'password', identifier: 'inactive@example.com', password },
      })
      await admin('PATCH', path, { json: [{ op: 'replace', path: '/state', value: 'active' }] })
      await visitor.send('GET', '/sessions/whoami')
    },
  },
]
