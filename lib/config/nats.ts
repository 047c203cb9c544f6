import * as z from 'zod'
import { secretText, text, whole } from './fields.ts'

const NatsKeys = z.object({
  url: z
    .string()
    .refine((url) => serversOf(url).every(isServer))
    .optional()
    .meta({
      description: 'NATS servers, comma separated; absent = events stay in this process',
      expected: 'servers such as nats://host:4222, comma separated',
    }),
  prefix: text('Prefix of every subject').optional(),
  user: text('NATS user').optional(),
  password: secretText('NATS password').optional(),
  token: secretText('NATS token').optional(),
  timeoutMs: whole('Longest wait for a publish acknowledgement', 1).default(5000),
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

function credentialsOf(url: string): { user?: string; password?: string; token?: string } {
  const found = serversOf(url)
    .map((server) => new URL(server))
    .find(({ username }) => username !== '')
  if (!found) return {}
  const username = decodeURIComponent(found.username)
  return found.password === ''
    ? { token: username }
    : { user: username, password: decodeURIComponent(found.password) }
}
