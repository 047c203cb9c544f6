import * as z from 'zod'
import { millis, secretText, text } from './fields.ts'

const NatsKeys = z.object({
  url: z
    .string()
    .superRefine((url, ctx) => {
      const mistake = mistakeIn(url)
      if (mistake) ctx.addIssue({ code: 'custom', params: mistake })
    })
    .optional()
    .meta({
      description: 'NATS servers, comma separated; absent = events stay in this process',
      expected: 'servers such as nats://host:4222, comma separated',
    }),
  prefix: text('Prefix of every subject').optional(),
  user: text('NATS user').optional(),
  password: secretText('NATS password').optional(),
  token: secretText('NATS token').optional(),
  timeoutMs: millis('Longest wait for a publish acknowledgement', 1).default(5000),
})

type NatsConfig = z.output<typeof NatsKeys>

export const NatsSchema = NatsKeys.transform(({ url, ...nats }): NatsConfig => {
  return url === undefined ? nats : { ...credentialsOf(url), ...nats, url: bareUrl(url) }
})

function serversOf(url: string): string[] {
  return url.split(',').map((server) => (server.includes('://') ? server.trim() : `nats://${server.trim()}`))
}

function isServer(server: string): boolean {
  const url = URL.parse(server)
  return url !== null && ['nats:', 'tls:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== ''
}

// A URL is logged and shown; what it carries before its @ moves to the keys that are known to be secret.
function bareUrl(url: string): string {
  return serversOf(url)
    .map((server) => server.replace(/\/\/.*@/, '//'))
    .join(',')
}

/** What is wrong with the value; `{}` when it is no list of servers at all. */
function mistakeIn(url: string): { expected?: string; found?: string } | undefined {
  const servers = serversOf(url)
  if (!servers.every(isServer)) return {}
  const parts = servers.map((server) => new URL(server))
  if (parts.some(({ username, password }) => username === '' && password !== '')) {
    return { expected: 'a user before the password, or a token alone', found: 'a password alone' }
  }
  if (!parts.every(({ username, password }) => isEscaped(username) && isEscaped(password))) {
    return { expected: '%25 for each % in the credentials', found: 'a malformed escape' }
  }
  // The client takes one set of credentials for all servers.
  const distinct = new Set(
    parts.filter(hasCredentials).map((server) => JSON.stringify(credentialsIn(server))),
  )
  if (distinct.size <= 1) return undefined
  return { expected: 'the same credentials for every server', found: 'different ones' }
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

type Credentials = Pick<NatsConfig, 'user' | 'password' | 'token'>

function credentialsOf(url: string): Credentials {
  const server = serversOf(url)
    .map((text) => new URL(text))
    .find(hasCredentials)
  return server ? credentialsIn(server) : {}
}

function hasCredentials({ username }: URL): boolean {
  return username !== ''
}

function credentialsIn({ username, password }: URL): Credentials {
  const name = decodeURIComponent(username)
  return password === '' ? { token: name } : { user: name, password: decodeURIComponent(password) }
}
