import { csrfOf, register, type Story } from '../story.ts'

const wrongCode = (code: string) => (code === '000000' ? '111111' : '000000')

export const verificationStories: Story[] = [
  {
    name: 'verifies an address after a registration',
    async run({ person, target }) {
      const visitor = person()
      const done = await register(visitor, 'verify@example.com')
      const { code } = await target.nextMail('verify@example.com')
      const id = done.body.continue_with[1].flow.id
      const flow = await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, {
          json: { csrf_token: csrfOf(flow), method: 'code', ...json },
        })
      await submit({ code: wrongCode(code) })
      await submit({ code })
      await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      await visitor.send('GET', '/sessions/whoami')
      await submit({ code })
      await submit({ email: 'verify@example.com' })
    },
  },
  {
    name: 'verifies an address with JSON',
    async run({ person, target }) {
      const visitor = person()
      await register(visitor, 'later@example.com')
      await target.nextMail('later@example.com')
      const flow = await visitor.send(
        'GET',
        '/self-service/verification/browser?return_to=http://127.0.0.1:8000/done',
      )
      await visitor.send('GET', `/self-service/verification/flows?id=${flow.body.id}`)
      const submit = (json: object) =>
        visitor.send('POST', flow.body.ui.action, {
          json: { csrf_token: csrfOf(flow), method: 'code', ...json },
        })
      await submit({})
      await submit({ email: 'broken' })
      await submit({ email: 'later@example.com', method: 'password' })
      await submit({ email: 'nobody@example.com' })
      await submit({ email: 'later@example.com', csrf_token: 'bogus' })
      await submit({ email: 'later@example.com' })
      await visitor.send('GET', `/self-service/verification/flows?id=${flow.body.id}`)
      const { code } = await target.nextMail('later@example.com')
      await submit({ email: 'later@example.com' })
      await submit({ code })
      const fresh = await target.nextMail('later@example.com')
      await submit({ code: fresh.code })
      await visitor.send('GET', '/sessions/whoami')
    },
  },
  {
    name: 'verifies an address with a form',
    async run({ person, target }) {
      const visitor = person()
      await register(visitor, 'verform@example.com')
      const first = await target.nextMail('verform@example.com')
      const created = await visitor.send('GET', '/self-service/verification/browser', { accept: 'text/html' })
      const id = new URL(created.location).searchParams.get('flow')
      const flow = await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      const submit = (form: Record<string, string>) =>
        visitor.send('POST', flow.body.ui.action, {
          form: { csrf_token: csrfOf(flow), method: 'code', ...form },
          accept: 'text/html',
        })
      await submit({ email: '' })
      await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      await submit({ email: 'verform@example.com' })
      const { code } = await target.nextMail('verform@example.com')
      await submit({ code: first.code === code ? wrongCode(code) : first.code })
      await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      await submit({ code })
      await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      await submit({ code })
    },
  },
  {
    name: 'verifies an address through the link in the mail',
    async run({ person, target }) {
      const visitor = person()
      const done = await register(visitor, 'link@example.com')
      const { code } = await target.nextMail('link@example.com')
      const id = done.body.continue_with[1].flow.id
      const other = person()
      await other.send('GET', `/self-service/verification?code=123456&flow=${id}`, { accept: 'text/html' })
      const flow = await other.send('GET', `/self-service/verification/flows?id=${id}`)
      await other.send('POST', flow.body.ui.action, {
        form: { csrf_token: csrfOf(flow), method: 'code', code },
        accept: 'text/html',
      })
      await other.send('GET', `/self-service/verification/flows?id=${id}`)
      await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
    },
  },
  {
    name: 'verifies an address through the API',
    async run({ person, target }) {
      await register(person(), 'verapi@example.com')
      await target.nextMail('verapi@example.com')
      const flow = await person().send('GET', '/self-service/verification/api')
      const submit = (json: object) => person().send('POST', flow.body.ui.action, { json })
      await submit({ method: 'code', email: 'verapi@example.com' })
      const { code } = await target.nextMail('verapi@example.com')
      await submit({ method: 'code', code: wrongCode(code) })
      await submit({ method: 'code', code })
      await submit({ method: 'code', code })
    },
  },
  {
    name: 'refuses verification codes that are too old or tried too often',
    async run({ person, target }) {
      const visitor = person()
      const done = await register(visitor, 'verslow@example.com')
      const { code } = await target.nextMail('verslow@example.com')
      const id = done.body.continue_with[1].flow.id
      const flow = await visitor.send('GET', `/self-service/verification/flows?id=${id}`)
      const json = { csrf_token: csrfOf(flow), method: 'code' }
      for (let tries = 0; tries < 5; tries += 1) {
        await visitor.send('POST', flow.body.ui.action, { json: { ...json, code: wrongCode(code) } })
      }
      const often = await visitor.send('POST', flow.body.ui.action, { json: { ...json, code } })
      await visitor.send('GET', `/self-service/verification/flows?id=${often.body.use_flow_id}`)

      const second = await visitor.send('GET', '/self-service/verification/browser')
      const again = { csrf_token: csrfOf(second), method: 'code' }
      await visitor.send('POST', second.body.ui.action, { json: { ...again, email: 'verslow@example.com' } })
      const fresh = await target.nextMail('verslow@example.com')
      await target.expireCodes('verification', second.body.id)
      const late = await visitor.send('POST', second.body.ui.action, { json: { ...again, code: fresh.code } })
      await visitor.send('GET', `/self-service/verification/flows?id=${late.body.use_flow_id}`)
    },
  },
  {
    name: 'replaces verification flows that have expired',
    async run({ person, target }) {
      const visitor = person()
      await register(visitor, 'verlate@example.com')
      const flow = await visitor.send(
        'GET',
        '/self-service/verification/browser?return_to=http://127.0.0.1:8000/late',
      )
      await target.expireFlow('verification', flow.body.id, 3)
      await visitor.send('GET', `/self-service/verification/flows?id=${flow.body.id}`)
      const json = { method: 'code', email: 'verlate@example.com', csrf_token: csrfOf(flow) }
      const late = await visitor.send('POST', flow.body.ui.action, { json })
      await visitor.send('GET', late.location)
      await visitor.send('POST', flow.body.ui.action, { form: json, accept: 'text/html' })
      await person().send('GET', `/self-service/verification/flows?id=${flow.body.id}`)
    },
  },
]
