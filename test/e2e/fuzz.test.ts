import { Agent, request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { routes } from '../../runtime/routes.generated.ts'
import { type Gateway, startGateway } from '../parts/gateway.ts'
import { type HostileRequest, hostileRequest } from '../parts/hostile-request.ts'
import { sendRawBytes } from '../parts/raw-http.ts'
import { type SeededRandom, seededRandom } from '../parts/seeded-random.ts'
import { json } from '../parts/stub-upstream.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startWhoamiStub, vouch, type WhoamiStub } from '../parts/whoami-stub.ts'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 10_000)
const ROUND = 250
const AT_ONCE = 24

/** Secrets of the configuration; none may be shown to anybody. */
const SECRETS = {
  jwtKey: 'fuzz-secret-of-jwt-signing-0123456789',
  mail: 'fuzz-secret-of-the-mail-port',
  hydra: 'fuzz-secret-of-the-login-hook',
  stripe: 'fuzz-secret-of-stripe',
  s3: 'fuzz-secret-of-the-object-store',
}

let kratos: WhoamiStub
let server: Gateway
beforeAll(async () => {
  kratos = await startWhoamiStub()
  kratos.respondWhoami((request, response) => {
    const isSession = /fuzz-\d+~session-token-\d+/.test(
      `${request.headers['x-session-token']} ${request.headers.cookie}`,
    )
    return isSession ? vouch(request, response) : json(response, 401, {})
  })
  server = await startGateway({
    jwtKey: SECRETS.jwtKey,
    database: { file: `${tempDir('fuzz')}/db.sqlite` },
    kratos: { url: kratos.url, adminUrl: kratos.url },
    hydra: { hydraLoginToken: SECRETS.hydra },
    mailAuth: { host: '127.0.0.1', port: 0, user: 'mail', password: SECRETS.mail },
    s3Config: { secret: SECRETS.s3 },
    authlance: { autoCreateGroup: true },
    log: { level: 'trace' },
  })
})
afterAll(async () => {
  await server.stop()
  await kratos.close()
})

it(`${REQUESTS} hostile requests: no 5xx, no secret in an answer or the log, no exit`, async () => {
  const random = seededRandom()
  console.log(`RANDOM_SEED=${random.seed}`)
  const { pid } = server
  const credentials = new Set<string>(Object.values(SECRETS))
  const statuses: Record<string, number> = {}

  for (let sent = 0; sent < REQUESTS; sent += ROUND) {
    const tokens = await newCredentials(sent)
    for (const token of tokens) credentials.add(token)
    const shots = Array.from({ length: ROUND }, () => takeAim(random, tokens))
    await eachAtOnce(shots, async ({ shot, raw, url }) => {
      const { status, text } = await (raw ? sendRaw : send)(url, shot)
      statuses[status] = (statuses[status] ?? 0) + 1
      const about = () =>
        `${shot.method} ${shot.target.slice(0, 300)} ${JSON.stringify(shot.headers).slice(0, 600)}`
      if (status >= 500) throw new Error(`${status} to ${about()}\n${text.slice(0, 1000)}`)
      const shown = [...tokens, ...Object.values(SECRETS)].find((secret) => text.includes(secret))
      if (shown) throw new Error(`${shown} stands in the answer to ${about()}\n${text.slice(0, 1000)}`)
    })
  }
  console.log(JSON.stringify(statuses))

  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  expect((await fetch(`${server.internalUrl}/readyz`)).status).toBe(200)
  expect(server.pid).toBe(pid)
  expect(statuses[200]).toBeGreaterThan(REQUESTS / 100)
  expect(statuses[404]).toBeGreaterThan(REQUESTS / 100)
  expectCleanLog(credentials)
}, 90_000)

interface Shot {
  shot: HostileRequest
  raw: boolean
  url: URL
}

function takeAim(random: SeededRandom, tokens: string[]): Shot {
  const internal = random.next() < 0.2
  const url = new URL(internal ? server.internalUrl : server.url)
  const here = internal ? 'internal' : 'api'
  const targets = routes
    .filter(({ route }) => route.listener === here || route.listener === 'both' || random.next() < 0.05)
    .map(({ route: { path, operations } }) => ({ path, methods: methodsOf(operations) }))
  return { shot: hostileRequest(random, { targets, tokens, host: url.host }), raw: random.next() < 0.08, url }
}

const methodsOf = (operations: object) =>
  Object.keys(operations).map((method) => (method === 'ALL' ? 'GET' : method))

/** A session signed in anew, since requests of the last round may have signed it out, and values that only look good. */
async function newCredentials(round: number): Promise<string[]> {
  const name = `fuzz-${round}`
  const session = `${name}~session-token-${round}`
  const response = await fetch(`${server.url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-token': session },
    body: JSON.stringify({ session: `sid-${name}` }),
  })
  const { token } = (await response.json()) as { token: string }
  return [token, token, session, `pat_fuzz-${round}-abcdefghijklmnopqrstuvwxyz`]
}

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

interface Answer {
  status: number
  /** Head and body. */
  text: string
}

/** Sends a request that is well formed as HTTP. */
function send(url: URL, { method, target, headers, body }: HostileRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      path: target.replace(/[^\x21-\xff]/g, '%20'),
      agent,
      host: '127.0.0.1',
      port: url.port,
    }
    const request = httpRequest({ ...options, setHost: false })
    for (const [name, value] of headers) request.appendHeader(name, value)
    request.on('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = `${response.rawHeaders.join('\n')}\n${Buffer.concat(chunks)}`
      resolve({ status: response.statusCode!, text })
    })
    // A server may answer and close before it has read a whole body; a refusal of the connection is the failure to find.
    request.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reject(error) : resolve({ status: 0, text: '' }),
    )
    request.end(body)
  })
}

/** Sends it by hand, with faults that no HTTP client makes. */
async function sendRaw(url: URL, shot: HostileRequest): Promise<Answer> {
  const fault = shot.target.length % 8
  const method = ['TRACE', 'CONNECT', 'get', 'BREW', shot.method, shot.method, shot.method, 'PRI'][fault]
  const headers = shot.headers.map(([name, value]) => `${name}: ${value}`)
  const length = shot.body?.length ?? 0
  const extra = [
    `content-length: ${length}`,
    `content-length: ${length}\r\ncontent-length: ${length + 1}`,
    'transfer-encoding: chunked',
    `transfer-encoding: chunked\r\ncontent-length: ${length}`,
    `content-length: ${length}\r\nhost: evil.example`,
    `content-length: ${length}\r\nx-a : b`,
    `content-length: ${length}\r\n folded: yes`,
    `content-length: ${length}\r\nx-long: ${'l'.repeat(70_000)}`,
  ][shot.headers.length % 8]
  const version = ['1.1', '1.1', '1.1', '1.0', '2.0', '0.9', '1.1', '1.1'][length % 8]
  const target = fault === 5 ? `http://evil.example${shot.target}` : shot.target
  const head = Buffer.from(
    `${method} ${target} HTTP/${version}\r\n${headers.join('\r\n')}\r\n${extra}\r\n\r\n`,
    'latin1',
  )
  const text = await sendRawBytes(Number(url.port), Buffer.concat([head, shot.body ?? new Uint8Array()]))
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }
}

async function eachAtOnce<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

function expectCleanLog(credentials: Set<string>): void {
  const log = server.output()
  for (const secret of credentials) {
    const at = log.indexOf(secret)
    if (at >= 0) throw new Error(`the log shows ${secret}: ${log.slice(Math.max(0, at - 500), at + 100)}`)
  }
  const lines = log
    .split('\n')
    .filter((line) => line && !line.startsWith('ready: ') && !line.startsWith('warning: '))
  const trouble = lines
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'error' || level === 'fatal')
  expect(trouble).toEqual([])
}
