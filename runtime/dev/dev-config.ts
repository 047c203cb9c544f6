import { type Config, parseConfig } from '../../lib/config.ts'

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
  kratosUrl: string
  kratosAdminUrl: string
}

/** The configuration of a development stack: everything on loopback, a group and a trial for each new user. */
export function devConfig({ port, databaseFile, jwtKey, kratosUrl, kratosAdminUrl }: DevSettings): Config {
  const { email, firstName, lastName } = ADMINISTRATOR
  const settings = {
    host: '127.0.0.1',
    port,
    debug: true,
    // Where the public dashboard's own development server listens.
    allowedOrigins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
    jwtKey,
    database: { file: databaseFile },
    kratos: { url: kratosUrl, adminUrl: kratosAdminUrl },
    mailAuth: { host: '127.0.0.1', port: 0 },
    users: [{ email, firstName, lastName, admin: true, groups: ['Operators'] }],
    authlance: { autoCreateGroup: true },
    stripe: { trialPeriodDays: 14 },
    paymentTiers: [
      {
        tierName: 'Standard',
        lookupKey: 'standard_monthly',
        price: 9,
        billingCycle: 'monthly',
        maxMembers: 25,
        tierDescription: 'For a team: up to 25 members, billed each month.',
      },
      {
        tierName: 'Company',
        lookupKey: 'company_yearly',
        price: 490,
        billingCycle: 'yearly',
        tierDescription: 'For everybody in the house: as many members as there are, billed each year.',
      },
    ],
    shutdown: { timeoutMs: 1500 },
  }
  return parseConfig(settings, { env: {} }).config
}
