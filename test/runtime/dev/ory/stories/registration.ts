import { csrfOf, password, register, type Story } from '../story.ts'

const ada = { email: 'Ada@Example.com', name: { first: 'Ada', last: 'Byron' } }

export const registrationStories: Story[] = [
  {
    name: 'registers in a browser with JSON',
    async run({ person, target }) {
      const visitor = person()
      const flow = await visitor.send(
        'GET',
        '/self-service/registration/browser?return_to=http://127.0.0.1:8000/welcome',
      )
      await visitor.send('GET', `/self-service/registration/flows?id=${flow.body.id}`)
      await visitor.send('POST', flow.body.ui.action, {
        json: { method: 'password', password, traits: ada, csrf_token: csrfOf(flow) },
      })
      await visitor.send('GET', '/sessions/whoami')
      await target.nextMail('ada@example.com')
      await visitor.send('GET', '/self-service/registration/browser')
      await visitor.send('GET', '/self-service/registration/browser', { accept: 'text/html' })
      await visitor.send('GET', '/self-service/registration/api')
      await visitor.send('POST', `/self-service/registration?flow=${flow.body.id}`, {
        json: { method: 'password' },
      })
      await visitor.send('POST', `/self-service/registration?flow=${flow.body.id}`, {
        form: { method: 'password' },
        accept: 'text/html',
      })
      await visitor.send('GET', '/self-service/login/browser')
      await visitor.send('GET', '/self-service/login/browser', { accept: 'text/html' })
    },
  },
  {
    name: 'registers in two steps with a form',
    async run({ person }) {
      const visitor = person()
      const created = await visitor.send('GET', '/self-service/registration/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const first = await visitor.send('GET', `/self-service/registration/flows?id=${id}`)
      const traits = { 'traits.email': 'two@example.com', 'traits.name.first': 'Two', 'traits.name.last': '' }
      await visitor.send('POST', first.body.ui.action, {
        form: { method: 'profile', csrf_token: csrfOf(first), ...traits },
        accept: 'text/html',
      })
      const second = await visitor.send('GET', `/self-service/registration/flows?id=${id}`)
      await visitor.send('POST', second.body.ui.action, {
        form: { screen: 'previous', csrf_token: csrfOf(second), ...traits },
        accept: 'text/html',
      })
      await visitor.send('GET', `/self-service/registration/flows?id=${id}`)
      await visitor.send('POST', second.body.ui.action, {
        form: { method: 'profile', csrf_token: csrfOf(second), ...traits },
        accept: 'text/html',
      })
      await visitor.send('POST', second.body.ui.action, {
        form: { method: 'password', password: 'short', csrf_token: csrfOf(second), ...traits },
        accept: 'text/html',
      })
      await visitor.send('GET', `/self-service/registration/flows?id=${id}`)
      await visitor.send('POST', second.body.ui.action, {
        form: { method: 'password', password, csrf_token: csrfOf(second), ...traits },
        accept: 'text/html',
      })
      await visitor.send('GET', '/sessions/whoami')
    },
  },
  {
    name: 'registers in two steps with JSON',
    async run({ person }) {
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/registration/browser')
      const traits = { email: 'spa@example.com', name: { first: 'S', last: 'Pa' } }
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, { json: { csrf_token: csrfOf(flow), ...json } })
      await submit({ method: 'profile', traits: { name: { first: 'S' } } })
      await submit({ method: 'profile', traits })
      await submit({ method: 'profile', screen: 'previous', traits })
      await submit({ screen: 'previous', traits })
      await submit({ screen: 'credential-selection', traits })
      await submit({ method: 'password', traits, password })
    },
  },
  {
    name: 'registers through the API',
    async run({ person }) {
      const app = person()
      const flow = await app.send('GET', '/self-service/registration/api')
      await person().send('GET', `/self-service/registration/flows?id=${flow.body.id}`)
      const done = await app.send('POST', flow.body.ui.action, {
        json: { method: 'password', password, traits: { email: 'api@example.com' } },
      })
      const token: string = done.body.session_token
      await app.send('GET', '/sessions/whoami', { headers: { 'x-session-token': token } })
      await app.send('GET', '/sessions/whoami', { headers: { authorization: `Bearer ${token}` } })
      await app.send('GET', '/self-service/login/api', { headers: { 'x-session-token': token } })
      await app.send('GET', '/self-service/registration/api', { headers: { 'x-session-token': token } })
      await app.send('DELETE', '/self-service/logout/api', { json: { session_token: token } })
      await app.send('GET', '/sessions/whoami', { headers: { 'x-session-token': token } })
      await app.send('DELETE', '/self-service/logout/api', { json: { session_token: token } })
      await app.send('DELETE', '/self-service/logout/api', { json: { session_token: 'ory_st_unknown' } })
      await app.send('DELETE', '/self-service/logout/api', {})
    },
  },
  {
    name: 'refuses what a registration lacks',
    async run({ person }) {
      await register(person(), 'taken@example.com')
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/registration/browser')
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, { json: { csrf_token: csrfOf(flow), ...json } })
      await submit({ method: 'password', password, traits: { email: 'taken@example.com' } })
      await submit({ method: 'password', password, traits: { email: 'TAKEN@example.com' } })
      await submit({ method: 'password', password, traits: {} })
      await submit({ method: 'password', password })
      await submit({ method: 'password', traits: { email: 'new@example.com' } })
      await submit({ method: 'password', password: '', traits: { email: 'new@example.com' } })
      await submit({ method: 'password', password: 'short', traits: { email: 'new@example.com' } })
      await submit({ method: 'password', password: 'new@example.com', traits: { email: 'new@example.com' } })
      await submit({ method: 'password', password, traits: { email: 'not an address' } })
      await submit({ method: 'password', password, traits: { email: 'a' } })
      await submit({ method: 'password', password, traits: { email: '' } })
      await submit({ method: 'password', password, traits: { email: 7 } })
      await submit({
        method: 'password',
        password,
        traits: { email: 'new@example.com', name: { first: 'x'.repeat(101) } },
      })
      await submit({
        method: 'password',
        password,
        traits: { email: 'new@example.com', name: { nick: 'x' } },
      })
      await submit({ method: 'password', password, traits: { email: 'new@example.com', gender: 'x' } })
      await submit({ method: 'oidc', traits: { email: 'new@example.com' } })
      await submit({ method: 'nothing' })
      await submit({})
      await visitor.send('GET', `/self-service/registration/flows?id=${flow.body.id}`)
      await visitor.send('POST', flow.body.ui.action, {
        form: { method: 'password', password, 'traits.email': 'taken@example.com', csrf_token: csrfOf(flow) },
        accept: 'text/html',
      })
      await visitor.send('POST', flow.body.ui.action, {
        form: { csrf_token: csrfOf(flow) },
        accept: 'text/html',
      })
      await visitor.send('GET', `/self-service/registration/flows?id=${flow.body.id}`)
    },
  },
]
