import { csrfOf, password, register, type Story } from '../story.ts'

export const edgeStories: Story[] = [
  {
    name: 'reads bodies of every kind',
    async run({ person }) {
      await register(person(), 'bodies@example.com')
      const visitor = person()
      const flow = await visitor.send('GET', '/self-service/login/browser', {
        accept: 'application/json, text/plain, */*',
      })
      const id = flow.body.id
      const raw = (body: string, type: string, accept = 'application/json') =>
        visitor.send('POST', `/self-service/login?flow=${id}`, { accept, raw: { body, type } })
      await raw('', 'application/json')
      await raw('{', 'application/json')
      await raw('[]', 'application/json')
      await raw('null', 'application/json')
      await raw('"text"', 'application/json')
      await raw('7', 'application/json')
      await raw('method=password', 'text/plain')
      await raw('method=password', 'application/x-www-form-urlencoded', '*/*')
      await raw('{"method":"password"}', 'application/json; charset=utf-8', '*/*')
      await raw('{"method":"password"}', 'application/json', 'text/html')
      const boundary = 'xyz'
      const part = (name: string, value: string) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
      const fields = {
        method: 'password',
        identifier: 'bodies@example.com',
        password: 'no',
        csrf_token: csrfOf(flow),
      }
      const multipart = Object.entries(fields).map(([name, value]) => part(name, value))
      await raw(`${multipart.join('')}--${boundary}--\r\n`, `multipart/form-data; boundary=${boundary}`)
      await visitor.send('GET', `/self-service/login?flow=${id}&${new URLSearchParams(fields)}`)
      await visitor.send('GET', `/self-service/login?flow=${id}&${new URLSearchParams(fields)}`, {
        accept: 'text/html',
      })
      const proxied = await visitor.send('GET', '/self-service/login/browser', {
        headers: { 'x-forwarded-host': 'app.example', 'x-forwarded-proto': 'https' },
      })
      await visitor.send('POST', proxied.body.ui.action, {
        json: { ...fields, password, csrf_token: csrfOf(proxied), transient_payload: { a: 1 } },
        headers: { origin: 'http://127.0.0.1:8000' },
      })
    },
  },
  {
    name: 'knows no OAuth2 login',
    async run({ person }) {
      for (const kind of ['login', 'registration']) {
        await person().send('GET', `/self-service/${kind}/browser?login_challenge=abc`)
        await person().send('GET', `/self-service/${kind}/browser?login_challenge=abc`, {
          accept: 'text/html',
        })
        await person().send('GET', `/self-service/${kind}/browser?login_challenge=&aal=&refresh=`)
        await person().send('GET', `/self-service/${kind}/api?login_challenge=abc`)
      }
    },
  },
  {
    name: 'answers what does not exist',
    async run({ person, admin }) {
      const unknown = '00000000-0000-4000-8000-000000000000'
      for (const kind of ['login', 'registration', 'recovery', 'verification', 'settings']) {
        await person().send('GET', `/self-service/${kind}/flows?id=${unknown}`)
        await person().send('GET', `/self-service/${kind}/flows?id=nonsense`)
        await person().send('GET', `/self-service/${kind}/flows`)
        await person().send('POST', `/self-service/${kind}?flow=${unknown}`, { json: { method: 'password' } })
        await person().send('POST', `/self-service/${kind}?flow=nonsense`, { json: { method: 'password' } })
        await person().send('POST', `/self-service/${kind}`, { json: { method: 'password' } })
        await person().send('POST', `/self-service/${kind}`, {
          form: { method: 'password' },
          accept: 'text/html',
        })
      }
      const failed = await person().send(
        'GET',
        '/self-service/login/browser?return_to=http://evil.example/',
        { accept: 'text/html' },
      )
      await person().send('GET', `/self-service/errors?id=${new URL(failed.location).searchParams.get('id')}`)
      await person().send('GET', `/self-service/errors?id=${unknown}`)
      await person().send('GET', '/self-service/errors')
      for (const kind of ['login', 'registration', 'recovery', 'verification']) {
        await person().send('GET', `/self-service/${kind}/browser?return_to=http://evil.example/`)
      }
      await person().send('GET', '/nowhere')
      await person().send('POST', '/nowhere', { json: {} })
      await person().send('PUT', '/self-service/login/browser', { json: {} })
      await person().send('PUT', '/self-service/login', { json: {} })
      await person().send('GET', '//self-service//login/api')
      await person().send('GET', '/self-service/login/api/')
      await person().send('GET', '/admin/identities')
      await person().send('GET', '/identities')
      await person().send('GET', '/health/alive')
      await person().send('GET', '/health/ready')
      await person().send('GET', '/version')
      await person().send('GET', '/schemas')
      await person().send('GET', '/schemas/default')
      await person().send('GET', '/schemas/ZGVmYXVsdA')
      await person().send('GET', '/schemas/none')
      await admin('GET', '/admin/health/alive')
      await admin('GET', '/health/ready')
      await admin('GET', '/admin/nowhere')
      await admin('GET', '/identities')
      await admin('GET', '/schemas')
      await admin('GET', '/sessions/whoami')
    },
  },
]
