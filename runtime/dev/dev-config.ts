import { type Config, parseConfig } from '../../lib/config.ts'
import type { DevOry } from './dev-ory.ts'
import { DEV_TIERS } from './dev-tiers.ts'
import type { OpenedStripe } from './open-stripe.ts'

/** The account that every development stack starts with. Known to all: it lives on this machine alone. */
export const ADMINISTRATOR = {
  email: 'admin@example.com',
  password: 'welcome-to-authlance',
  firstName: 'Grace',
  lastName: 'Hopper',
} as const

export interface DevSettings {
  port: number
  databaseFile: string
  jwtKey: string
  ory: Pick<DevOry, 'publicUrl' | 'adminUrl' | 'hydra'>
  mailAuth: { port: number; user: string; password: string }
  stripe: Pick<OpenedStripe, 'url' | 'secretKey' | 'webhookSecret'>
}

/** The configuration of a development stack: everything on loopback, a group and a trial for each new user. */
export function devConfig({ port, databaseFile, jwtKey, ory, mailAuth, stripe }: DevSettings): Config {
  const url = `http://127.0.0.1:${port}`
  const { email, firstName, lastName } = ADMINISTRATOR
  const settings = {
    host: '127.0.0.1',
    port,
    debug: true,
    // Where the public dashboard's own development server listens.
    allowedOrigins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
    jwtKey,
    database: { file: databaseFile },
    kratos: { url: ory.publicUrl, adminUrl: ory.adminUrl },
    ...(ory.hydra && { hydra: ory.hydra }),
    mailAuth: { host: '127.0.0.1', ...mailAuth },
    users: [{ email, firstName, lastName, admin: true, groups: ['Operators'] }],
    authlance: { autoCreateGroup: true },
    stripe: {
      secretKey: stripe.secretKey,
      webhookSecret: stripe.webhookSecret,
      apiBase: stripe.url,
      successBaseUrl: url,
      rootAppUrl: url,
      trialPeriodDays: 14,
    },
    paymentTiers: DEV_TIERS,
    shutdown: { timeoutMs: 1500 },
  }
  return parseConfig(settings, { env: {} }).config
}
