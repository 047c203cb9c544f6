import * as z from 'zod'
import { AppStoreSchema, LicenseSchema, StripeSchema, TierSchema } from './billing.ts'
import { flag, httpUrl, MAX_DAYS, millis, origin, secretText, text, whole } from './fields.ts'
import { NatsSchema } from './nats.ts'
import { checkRules } from './rules.ts'
import {
  CookieSchema,
  EventsSchema,
  LimitsSchema,
  MailAuthSchema,
  PersonalAccessTokensSchema,
  TokenSchema,
  UserSchema,
} from './server.ts'
import { BackupSchema, DatabaseSchema, HydraSchema, KratosSchema, S3Schema } from './upstreams.ts'

/** The keys of the configuration file, before the derived ones are filled in. */
export const FileSchema = z.object({
  port: whole('API port; 0 = any free one', 0, 65_535).default(8000),
  host: text('Address that the API listens on').default('0.0.0.0'),
  debug: flag('For development: short keys and cookies without Secure').default(false),
  issuer: text('Issuer (iss) of our tokens').default('authlance'),
  jwtKey: z.array(secretText('A key')).min(1).meta({
    description: 'HS256 key of at least 32 bytes, or a list: the first signs, all verify',
    secret: true,
    scalar: 'item',
    expected: 'a key of at least 32 bytes, or a list of them',
  }),
  token: TokenSchema.prefault({}).meta({ description: 'The loopToken' }),
  cookie: CookieSchema.prefault({}).meta({ description: 'The loopToken cookie' }),
  cookieDomain: z
    .string()
    .regex(/^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i)
    .optional()
    .meta({ description: 'Domain of the cookie; absent = this host alone', expected: 'a host name' }),
  renewOnUse: flag('Renew the cookie near its end on signed-in calls').default(true),
  exchangeById: flag('Exchange a session by its id alone, without its credential').default(false),
  allowedOrigins: z.array(origin('An origin')).default([]).meta({
    description: 'Origins that may call with credentials, beside the frontend URLs',
    scalar: 'comma',
  }),
  trustedProxies: z
    .array(
      z
        .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
        .meta({ description: 'An address or network', expected: 'an IP address or CIDR network' }),
    )
    .default([])
    .meta({ description: 'Proxies whose X-Forwarded-* headers are believed', scalar: 'comma' }),
  frontend: z
    .object({ url: httpUrl('URL of the dashboard').optional() })
    .prefault({})
    .meta({ description: 'The dashboard' }),
  limits: LimitsSchema.prefault({}).meta({ description: 'Sizes of request bodies' }),
  kratos: KratosSchema.meta({ description: 'Ory Kratos' }),
  hydra: HydraSchema.prefault({}).meta({ description: 'Ory Hydra' }),
  database: DatabaseSchema.prefault({}).meta({ description: 'Where the data is kept' }),
  migrateOnStart: flag('Run migrations at start').default(true),
  nats: NatsSchema.prefault({}).meta({ description: 'NATS JetStream' }),
  mailAuth: MailAuthSchema.prefault({}).meta({
    description: 'The internal listener for mail, hooks and metrics',
  }),
  users: z.array(UserSchema).max(1000).default([]).meta({ description: 'Accounts that are made at start' }),
  authlance: z
    .object({ autoCreateGroup: flag('Make a group for a new user').default(false) })
    .prefault({})
    .meta({ description: 'Tenants' }),
  requireGenderExtra: flag('Gender is mandatory in the profile').default(false),
  requireBirthDateExtra: flag('Birth date is mandatory in the profile').default(false),
  paymentTier: TierSchema.optional().meta({ description: 'The only, or the default, tier' }),
  paymentTiers: z
    .array(TierSchema)
    .max(1000)
    .default([])
    .meta({ description: 'Tiers; the first is the default' }),
  stripe: StripeSchema.prefault({}).meta({ description: 'Stripe' }),
  appStore: AppStoreSchema.prefault({}).meta({ description: 'App Store purchases' }),
  license: LicenseSchema.prefault({}).meta({ description: 'Licence' }),
  backup: BackupSchema.prefault({}).meta({ description: 'Backups' }),
  s3Config: S3Schema.prefault({}).meta({ description: 'Object store for avatars and backups' }),
  personalAccessTokens: PersonalAccessTokensSchema.prefault({}).meta({
    description: 'Personal access tokens',
  }),
  events: EventsSchema.prefault({}).meta({ description: 'Events' }),
  sessions: z
    .object({ retentionDays: whole('Days that ended sessions are kept', 1, MAX_DAYS).default(90) })
    .prefault({})
    .meta({ description: 'Sessions' }),
  log: z
    .object({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info')
        .meta({ description: 'Least level that is logged' }),
    })
    .prefault({})
    .meta({ description: 'Log' }),
  readiness: z
    .object({ timeoutMs: millis('Longest wait for one part', 1).default(1000) })
    .prefault({})
    .meta({ description: 'The readiness probe' }),
  shutdown: z
    .object({
      drainMs: millis('How long to serve on, not ready any more, before stopping', 0).default(0),
      timeoutMs: millis('Longest wait for requests and events at the end', 0).default(9000),
    })
    .prefault({})
    .meta({ description: 'Stopping' }),
})

export type FileConfig = z.output<typeof FileSchema>

/** The whole configuration as the program sees it. */
export const ConfigSchema = FileSchema.superRefine(checkRules, { when: () => true }).transform(deriveConfig)

export type Config = z.output<typeof ConfigSchema>

function deriveConfig({ paymentTier, paymentTiers, ...file }: FileConfig) {
  return {
    ...file,
    cookie: { ...file.cookie, secure: file.cookie.secure ?? !file.debug },
    mailAuth: { ...file.mailAuth, host: file.mailAuth.host ?? file.host },
    tiers: paymentTier ? [paymentTier, ...paymentTiers] : paymentTiers,
  }
}
