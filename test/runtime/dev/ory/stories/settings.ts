import { csrfOf, login, password, register, type Story } from '../story.ts'

const newPassword = 'another horse battery staple'

export const settingsStories: Story[] = [
  {
    name: 'changes the password',
    async run({ person }) {
      const visitor = person()
      await register(visitor, 'settings@example.com')
      const flow = await visitor.send(
        'GET',
        '/self-service/settings/browser?return_to=http://127.0.0.1:8000/back',
      )
      await visitor.send('GET', `/self-service/settings/flows?id=${flow.body.id}`)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, { json: { csrf_token: csrfOf(flow), ...json } })
      await submit({ method: 'password', password: 'short' })
      await submit({ method: 'password' })
      await submit({ method: 'password', password: 'settings@example.com' })
      await submit({ method: 'password', password: newPassword, csrf_token: 'bogus' })
      await submit({ method: 'nothing' })
      await submit({})
      await submit({ method: 'password', password: newPassword })
      await visitor.send('GET', `/self-service/settings/flows?id=${flow.body.id}`)
      await submit({ method: 'password', password: newPassword })
      await visitor.send('GET', '/sessions/whoami')
      await login(person(), 'settings@example.com')
      await login(person(), 'settings@example.com', newPassword)
    },
  },
  {
    name: 'changes the profile',
    async run({ person, target }) {
      const visitor = person()
      await register(visitor, 'profile@example.com')
      await target.nextMail('profile@example.com')
      await register(person(), 'occupied@example.com')
      const flow = await visitor.send('GET', '/self-service/settings/browser')
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, {
          json: { csrf_token: csrfOf(flow), method: 'profile', ...json },
        })
      await submit({ traits: { email: 'profile@example.com', name: { first: 'Augusta', last: 'King' } } })
      await submit({ traits: { email: 'broken' } })
      await submit({ traits: {} })
      await submit({})
      await submit({ traits: { email: 'profile@example.com', age: 3 } })
      await submit({ traits: { email: 'occupied@example.com' } })
      await submit({ traits: { email: 'Moved@example.com' } })
      await target.nextMail('moved@example.com')
      await visitor.send('GET', '/sessions/whoami')
      await login(person(), 'profile@example.com')
      await login(person(), 'moved@example.com')
    },
  },
  {
    name: 'changes settings with a form',
    async run({ person }) {
      const visitor = person()
      await register(visitor, 'setform@example.com')
      const created = await visitor.send('GET', '/self-service/settings/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await visitor.send('GET', `/self-service/settings/flows?id=${id}`)
      const submit = (form: Record<string, string>) =>
        visitor.send('POST', flow.body.ui.action, {
          form: { csrf_token: csrfOf(flow), ...form },
          accept: 'text/html',
        })
      await submit({ method: 'password', password: 'short' })
      await visitor.send('GET', `/self-service/settings/flows?id=${id}`)
      await submit({ method: 'password', password: newPassword })
      await visitor.send('GET', `/self-service/settings/flows?id=${id}`)
      await submit({ method: 'profile', 'traits.email': 'setform@example.com', 'traits.name.first': 'F' })
      await visitor.send('GET', `/self-service/settings/flows?id=${id}`)
      const back = await visitor.send(
        'GET',
        '/self-service/settings/browser?return_to=http://127.0.0.1:8000/back',
      )
      await visitor.send('POST', back.body.ui.action, {
        form: { csrf_token: csrfOf(back), method: 'password', password: newPassword },
        accept: 'text/html',
      })
    },
  },
  {
    name: 'changes settings through the API',
    async run({ person, target }) {
      await register(person(), 'setapi@example.com')
      const begin = await person().send('GET', '/self-service/login/api')
      const done = await person().send('POST', begin.body.ui.action, {
        json: { method: 'password', identifier: 'setapi@example.com', password },
      })
      const headers = { 'x-session-token': done.body.session_token as string }
      const flow = await person().send('GET', '/self-service/settings/api', { headers })
      await person().send('GET', `/self-service/settings/flows?id=${flow.body.id}`, { headers })
      const submit = (json: object) => person().send('POST', flow.body.ui.action, { json, headers })
      await submit({ method: 'password', password: 'short' })
      await submit({ method: 'profile', traits: { email: 'setapi2@example.com' } })
      await submit({ method: 'password', password: newPassword })
      await target.ageSession(done.body.session.id, 60)
      await submit({ method: 'password', password: newPassword })
      await person().send('GET', '/self-service/settings/api')
      await person().send('GET', '/self-service/settings/browser')
      await person().send('GET', '/self-service/settings/browser?return_to=http://127.0.0.1:8000/x', {
        accept: 'text/html',
      })
      await person().send('GET', '/self-service/settings/browser', { accept: 'text/html' })
      await person().send('GET', `/self-service/settings/flows?id=${flow.body.id}`, { accept: 'text/html' })
    },
  },
  {
    name: 'asks for the password again when the session is old',
    async run({ person, target }) {
      const visitor = person()
      const { body } = await register(visitor, 'stale@example.com')
      const flow = await visitor.send('GET', '/self-service/settings/browser')
      await target.ageSession(body.session.id, 60)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, { json: { csrf_token: csrfOf(flow), ...json } })
      await submit({ method: 'password', password: newPassword })
      await submit({ method: 'profile', traits: { email: 'stale@example.com', name: { first: 'Free' } } })
      await submit({ method: 'profile', traits: { email: 'stale2@example.com' } })
      const confirm = await visitor.send('GET', '/self-service/login/browser?refresh=true')
      await visitor.send('POST', confirm.body.ui.action, {
        json: { method: 'password', identifier: 'stale@example.com', password, csrf_token: csrfOf(confirm) },
      })
      await submit({ method: 'password', password: newPassword })
    },
  },
  {
    name: 'goes on with a form after the password was asked for',
    async run({ person, target }) {
      const visitor = person()
      const { body } = await register(visitor, 'paused@example.com')
      const created = await visitor.send('GET', '/self-service/settings/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await visitor.send('GET', `/self-service/settings/flows?id=${id}`)
      await target.ageSession(body.session.id, 60)
      const refused = await visitor.send('POST', flow.body.ui.action, {
        form: { csrf_token: csrfOf(flow), method: 'password', password: newPassword },
        accept: 'text/html',
      })
      const begin = await visitor.send('GET', refused.location, { accept: 'text/html' })
      const loginId = new URL(begin.location).searchParams.get('flow')
      const confirm = await visitor.send('GET', `/self-service/login/flows?id=${loginId}`)
      const confirmed = await visitor.send('POST', confirm.body.ui.action, {
        form: { method: 'password', identifier: 'paused@example.com', password, csrf_token: csrfOf(confirm) },
        accept: 'text/html',
      })
      const resumed = await visitor.send('GET', confirmed.location, { accept: 'text/html' })
      await visitor.send(
        'GET',
        `/self-service/settings/flows?id=${new URL(resumed.location).searchParams.get('flow')}`,
      )
      await login(person(), 'paused@example.com', newPassword)
    },
  },
  {
    name: 'keeps settings flows to their owner',
    async run({ person, target }) {
      const owner = person()
      await register(owner, 'owner@example.com')
      const flow = await owner.send('GET', '/self-service/settings/browser')
      const other = person()
      await register(other, 'stranger@example.com')
      await other.send('GET', `/self-service/settings/flows?id=${flow.body.id}`)
      const own = await other.send('GET', '/self-service/settings/browser')
      const json = { method: 'password', password: newPassword, csrf_token: csrfOf(own) }
      await other.send('POST', flow.body.ui.action, { json })
      await other.send('GET', '/self-service/settings/flows?id=00000000-0000-4000-8000-000000000000')
      await other.send('POST', '/self-service/settings?flow=00000000-0000-4000-8000-000000000000', { json })
      await other.send('POST', '/self-service/settings', { json })
      await target.expireFlow('settings', own.body.id, 3)
      await other.send('GET', `/self-service/settings/flows?id=${own.body.id}`)
      const late = await other.send('POST', own.body.ui.action, { json })
      await other.send('GET', `/self-service/settings/flows?id=${late.body.use_flow_id}`)
      const moved = await other.send('POST', own.body.ui.action, {
        form: { method: 'password', password: newPassword, csrf_token: csrfOf(own) },
        accept: 'text/html',
      })
      await other.send(
        'GET',
        `/self-service/settings/flows?id=${new URL(moved.location).searchParams.get('flow')}`,
      )
    },
  },
]
