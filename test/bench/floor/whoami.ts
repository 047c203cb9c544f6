import { createServer } from 'node:http'
import { settings } from './listen.ts'

/* A Kratos without latency: it vouches for any session cookie `x` as the session `sid-x`, in an answer of Kratos' size. */

const { port } = settings()
const now = new Date().toISOString()
const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
const answers = new Map<string, string>()

createServer((request, response) => {
  const name = /ory_kratos_session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (!name) return void response.writeHead(request.url === '/livez' ? 200 : 401).end()
  const body = answers.get(name) ?? JSON.stringify(session(name))
  answers.set(name, body)
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(body)
}).listen(port, '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))

function session(name: string) {
  const email = `${name}@example.com`
  const times = { created_at: now, updated_at: now }
  return {
    id: `sid-${name}`,
    active: true,
    expires_at: expiresAt,
    authenticated_at: now,
    authenticator_assurance_level: 'aal1',
    authentication_methods: [{ method: 'password', aal: 'aal1', completed_at: now }],
    issued_at: now,
    identity: {
      id: `identity-${name}`,
      schema_id: 'default',
      schema_url: 'http://127.0.0.1:8000/authlance/identity/schemas/ZGVmYXVsdA',
      state: 'active',
      state_changed_at: now,
      traits: { email, name: { first: 'Ada', last: 'Lovelace' } },
      verifiable_addresses: [
        { id: crypto.randomUUID(), value: email, verified: false, via: 'email', status: 'sent', ...times },
      ],
      recovery_addresses: [{ id: crypto.randomUUID(), value: email, via: 'email', ...times }],
      metadata_public: null,
      ...times,
      organization_id: null,
    },
    devices: [{ id: crypto.randomUUID(), ip_address: '127.0.0.1', user_agent: 'bench', location: '' }],
  }
}
