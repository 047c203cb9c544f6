import { csrfOf, login, password, register, type Story } from '../story.ts'

export const loginStories: Story[] = [
  {
    name: 'signs in with JSON',
    async run({ person }) {
      await register(person(), 'login@example.com')
      const visitor = person()
      const flow = await visitor.send(
        'GET',
        '/self-service/login/browser?return_to=http://127.0.0.1:8000/app&aal=aal1&refresh=true',
      )
      await visitor.send('GET', `/self-service/login/flows?id=${flow.body.id}`)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, { json: { csrf_token: csrfOf(flow), ...json } })
      await submit({ method: 'password', identifier: 'login@example.com', password: 'wrong password' })
      await submit({ method: 'password', identifier: 'nobody@example.com', password })
      await submit({ method: 'password', identifier: 'login@example.com' })
      await submit({ method: 'password', identifier: 'login@example.com', password: '' })
      await submit({ method: 'password', password })
      await submit({ method: 'code', identifier: 'login@example.com' })
      await submit({ identifier: 'login@example.com', password })
      await submit({ method: 'password', identifier: ' LOGIN@example.com ', password })
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', `/self-service/login/flows?id=${flow.body.id}`)
      await submit({ method: 'password', identifier: 'login@example.com', password })
    },
  },
  {
    name: 'signs in with a form',
    async run({ person }) {
      await register(person(), 'form@example.com')
      const visitor = person()
      const created = await visitor.send('GET', '/self-service/login/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await visitor.send('GET', `/self-service/login/flows?id=${id}`)
      const form = { method: 'password', identifier: 'form@example.com', csrf_token: csrfOf(flow) }
      const submit = (fields: Record<string, string>) =>
        visitor.send('POST', flow.body.ui.action, { form: { ...form, ...fields }, accept: 'text/html' })
      await submit({ password: 'wrong password' })
      await visitor.send('GET', `/self-service/login/flows?id=${id}`)
      await submit({ password })
      await submit({ password })
      await visitor.send('GET', '/sessions/whoami', { accept: 'text/html' })
    },
  },
  {
    name: 'confirms a login by refresh',
    async run({ person, target }) {
      const visitor = person()
      const { body } = await register(visitor, 'refresh@example.com')
      await target.ageSession(body.session.id, 60)
      await visitor.send('GET', '/sessions/whoami')
      const flow = await visitor.send('GET', '/self-service/login/browser?refresh=true')
      await visitor.send('POST', flow.body.ui.action, {
        json: {
          method: 'password',
          identifier: 'refresh@example.com',
          password: 'wrong',
          csrf_token: csrfOf(flow),
        },
      })
      await visitor.send('POST', flow.body.ui.action, {
        json: { method: 'password', identifier: 'refresh@example.com', password, csrf_token: csrfOf(flow) },
      })
      await visitor.send('GET', '/sessions/whoami')
      await visitor.send('GET', '/self-service/login/browser?aal=aal2')
      await visitor.send('GET', '/self-service/login/browser?aal=true')
      await person().send('GET', '/self-service/login/browser?aal=aal2')
      await register(person(), 'other@example.com')
      await login(visitor, 'other@example.com', password, '?refresh=true')
    },
  },
  {
    name: 'signs in through the API',
    async run({ person }) {
      await register(person(), 'native@example.com')
      const app = person()
      const flow = await app.send('GET', '/self-service/login/api')
      await app.send('POST', flow.body.ui.action, {
        json: { method: 'password', identifier: 'native@example.com', password: 'no' },
      })
      await app.send('POST', flow.body.ui.action, {
        json: { method: 'password', identifier: 'native@example.com', password },
        headers: { origin: 'http://127.0.0.1:8000' },
      })
      const done = await app.send('POST', flow.body.ui.action, {
        json: { method: 'password', identifier: 'native@example.com', password },
      })
      const headers = { 'x-session-token': done.body.session_token }
      await app.send('GET', '/sessions/whoami', { headers })
      await app.send('GET', '/self-service/login/api', { headers })
      await app.send('GET', '/self-service/login/api?refresh=true', { headers })
      await app.send('GET', '/self-service/login/browser', { headers })
    },
  },
  {
    name: 'guards flows against forgery',
    async run({ person }) {
      await register(person(), 'csrf@example.com')
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/login/browser')
      const credentials = { method: 'password', identifier: 'csrf@example.com', password }
      await visitor.send('POST', flow.body.ui.action, { json: credentials })
      await visitor.send('POST', flow.body.ui.action, { json: { ...credentials, csrf_token: 'bogus' } })
      await visitor.send('POST', flow.body.ui.action, { form: { ...credentials, csrf_token: 'bogus' } })
      await visitor.send('POST', flow.body.ui.action, {
        form: { ...credentials, csrf_token: 'bogus' },
        accept: 'text/html',
        headers: { origin: 'http://127.0.0.1:8000' },
      })
      const stranger = person()
      await stranger.send('GET', `/self-service/login/flows?id=${flow.body.id}`)
      await person().send('POST', flow.body.ui.action, { json: { ...credentials, csrf_token: csrfOf(flow) } })
      await stranger.send('POST', flow.body.ui.action, { json: { ...credentials, csrf_token: csrfOf(flow) } })
      await stranger.send('POST', flow.body.ui.action, {
        json: { ...credentials, csrf_token: csrfOf(flow) },
        headers: { origin: 'http://127.0.0.1:8000' },
      })
      const lost = person()
      lost.setCookie('unrelated', 'x')
      await lost.send('POST', flow.body.ui.action, { json: { ...credentials, csrf_token: csrfOf(flow) } })
      await lost.send('POST', flow.body.ui.action, {
        json: { ...credentials, csrf_token: csrfOf(flow) },
        headers: { origin: 'http://127.0.0.1:8000' },
      })
      const name = visitor.cookieNames()[0]!
      const damaged = person()
      damaged.setCookie(name, 'bm90IGEgdG9rZW4=')
      await damaged.send('GET', '/self-service/login/browser')
      const registration = await visitor.send('GET', '/self-service/registration/browser')
      await visitor.send('POST', registration.body.ui.action, {
        json: { method: 'password', password, traits: { email: 'x@example.com' } },
      })
      await visitor.send('POST', registration.body.ui.action, {
        json: { method: 'profile', traits: { email: 'x@example.com' } },
      })
    },
  },
  {
    name: 'replaces flows that have expired',
    async run({ person, target }) {
      const visitor = person()
      const flow = await visitor.send(
        'GET',
        '/self-service/login/browser?return_to=http://127.0.0.1:8000/late',
      )
      await target.expireFlow('login', flow.body.id, 3)
      await visitor.send('GET', `/self-service/login/flows?id=${flow.body.id}`)
      const credentials = {
        method: 'password',
        identifier: 'late@example.com',
        password,
        csrf_token: csrfOf(flow),
      }
      const late = await visitor.send('POST', flow.body.ui.action, { json: credentials })
      await visitor.send('GET', `/self-service/login/flows?id=${late.body.use_flow_id}`)
      const moved = await visitor.send('POST', flow.body.ui.action, {
        form: credentials,
        accept: 'text/html',
      })
      await visitor.send(
        'GET',
        `/self-service/login/flows?id=${new URL(moved.location).searchParams.get('flow')}`,
      )

      const api = await person().send('GET', '/self-service/login/api')
      await target.expireFlow('login', api.body.id, 3)
      await person().send('GET', `/self-service/login/flows?id=${api.body.id}`)
      await person().send('POST', api.body.ui.action, { json: credentials })

      const registration = await visitor.send('GET', '/self-service/registration/browser')
      await target.expireFlow('registration', registration.body.id, 3)
      await visitor.send('GET', `/self-service/registration/flows?id=${registration.body.id}`)
      const replaced = await visitor.send('POST', registration.body.ui.action, { json: credentials })
      await visitor.send('GET', `/self-service/registration/flows?id=${replaced.body.use_flow_id}`)
    },
  },
]
