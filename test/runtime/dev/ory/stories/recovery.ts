import { csrfOf, login, register, type Story } from '../story.ts'

const wrongCode = (code: string) => (code === '000000' ? '111111' : '000000')

export const recoveryStories: Story[] = [
  {
    name: 'recovers an account with JSON',
    async run({ person, target }) {
      await register(person(), 'lost@example.com')
      await target.nextMail('lost@example.com')
      const visitor = person()
      const flow = await visitor.send(
        'GET',
        '/self-service/recovery/browser?return_to=http://127.0.0.1:8000/found',
      )
      await visitor.send('GET', `/self-service/recovery/flows?id=${flow.body.id}`)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, {
          json: { csrf_token: csrfOf(flow), method: 'code', ...json },
        })
      await submit({})
      await submit({ email: 'broken' })
      await submit({ email: 'nobody@example.com' })
      await submit({ email: 'lost@example.com', method: 'link' })
      await submit({ email: 'Lost@example.com' })
      await target.nextMail('lost@example.com')
      await submit({ email: 'lost@example.com' })
      const { code } = await target.nextMail('lost@example.com')
      await visitor.send('GET', `/self-service/recovery/flows?id=${flow.body.id}`)
      await submit({ code: wrongCode(code) })
      await submit({ code: '' })
      const done = await submit({ code })
      await visitor.send('GET', '/sessions/whoami')
      const settingsId = new URL(done.body.redirect_browser_to).searchParams.get('flow')
      const settings = await visitor.send('GET', `/self-service/settings/flows?id=${settingsId}`)
      await visitor.send('POST', settings.body.ui.action, {
        json: { method: 'password', password: 'a brand new password', csrf_token: csrfOf(settings) },
      })
      await visitor.send('GET', '/self-service/recovery/browser')
      await visitor.send('GET', '/self-service/recovery/browser', { accept: 'text/html' })
      await visitor.send('GET', '/self-service/recovery/api')
      await submit({ email: 'lost@example.com' })
      await visitor.send('GET', `/self-service/recovery/flows?id=${flow.body.id}`)
      await login(person(), 'lost@example.com', 'a brand new password')
    },
  },
  {
    name: 'recovers an account with a form',
    async run({ person, target }) {
      await register(person(), 'lostform@example.com')
      await target.nextMail('lostform@example.com')
      const visitor = person()
      const created = await visitor.send('GET', '/self-service/recovery/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await visitor.send('GET', `/self-service/recovery/flows?id=${id}`)
      const submit = (form: Record<string, string>) =>
        visitor.send('POST', flow.body.ui.action, {
          form: { csrf_token: csrfOf(flow), method: 'code', ...form },
          accept: 'text/html',
        })
      await submit({ email: '' })
      await visitor.send('GET', `/self-service/recovery/flows?id=${id}`)
      await submit({ email: 'lostform@example.com' })
      await visitor.send('GET', `/self-service/recovery/flows?id=${id}`)
      const { code } = await target.nextMail('lostform@example.com')
      await submit({ code: wrongCode(code) })
      await visitor.send('GET', `/self-service/recovery/flows?id=${id}`)
      await submit({ email: 'lostform@example.com' })
      await submit({ code })
      const fresh = await target.nextMail('lostform@example.com')
      const done = await submit({ code: fresh.code })
      await visitor.send(
        'GET',
        `/self-service/settings/flows?id=${new URL(done.location).searchParams.get('flow')}`,
      )
      await visitor.send('GET', '/sessions/whoami')
      await submit({ code: fresh.code })
      await submit({ email: 'lostform@example.com' })
    },
  },
  {
    name: 'recovers an account through the API',
    async run({ person, target }) {
      await register(person(), 'lostapi@example.com')
      await target.nextMail('lostapi@example.com')
      const flow = await person().send('GET', '/self-service/recovery/api')
      await person().send('GET', `/self-service/recovery/flows?id=${flow.body.id}`)
      const submit = (json: object) => person().send('POST', flow.body.ui.action, { json })
      await submit({ method: 'code', email: 'lostapi@example.com' })
      const { code } = await target.nextMail('lostapi@example.com')
      await submit({ method: 'code', code: wrongCode(code) })
      await submit({ method: 'code', code })
      await submit({ method: 'code', code })
      await submit({ method: 'code', email: 'lostapi@example.com' })
    },
  },
  {
    name: 'refuses recovery codes that are too old',
    async run({ person, target }) {
      await register(person(), 'slow@example.com')
      await target.nextMail('slow@example.com')
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/recovery/browser')
      const json = { csrf_token: csrfOf(flow), method: 'code' }
      await visitor.send('POST', flow.body.ui.action, { json: { ...json, email: 'slow@example.com' } })
      const { code } = await target.nextMail('slow@example.com')
      await target.expireCodes('recovery', flow.body.id)
      const late = await visitor.send('POST', flow.body.ui.action, { json: { ...json, code } })
      await visitor.send('GET', late.location)
    },
  },
  {
    name: 'guards recovery codes',
    async run({ person, target }) {
      await register(person(), 'guess@example.com')
      await target.nextMail('guess@example.com')
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/recovery/browser')
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, {
          json: { csrf_token: csrfOf(flow), method: 'code', ...json },
        })
      await submit({ email: 'guess@example.com' })
      const { code } = await target.nextMail('guess@example.com')
      for (let tries = 0; tries < 6; tries += 1) await submit({ code: wrongCode(code) })
      await submit({ code })

      const second = await visitor.send('GET', '/self-service/recovery/browser')
      await visitor.send('POST', second.body.ui.action, {
        json: { method: 'code', email: 'guess@example.com' },
      })
      const stranger = person()
      await stranger.send('GET', `/self-service/recovery/flows?id=${second.body.id}`)
      await visitor.send('POST', second.body.ui.action, {
        form: { method: 'code', email: 'guess@example.com', csrf_token: 'bogus' },
        accept: 'text/html',
      })
      await target.expireFlow('recovery', second.body.id, 3)
      await visitor.send('GET', `/self-service/recovery/flows?id=${second.body.id}`)
      const json = { method: 'code', email: 'guess@example.com', csrf_token: csrfOf(second) }
      const late = await visitor.send('POST', second.body.ui.action, { json })
      await visitor.send('GET', late.location)
      await visitor.send('POST', second.body.ui.action, { form: json, accept: 'text/html' })
    },
  },
]
