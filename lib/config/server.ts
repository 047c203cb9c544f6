import * as z from 'zod'
import { ES256_KEY, looksLikeEs256Key } from './es256-key.ts'
import { flag, MAX_BYTES, MAX_DAYS, millis, nameText, secretText, text, whole } from './fields.ts'

const Es256Key = z.object({
  kid: text('Key id'),
  privateKey: secretText('P-256 private key: PKCS #8 PEM or JWK', {
    jsonText: true,
    expected: ES256_KEY,
  }).refine(looksLikeEs256Key),
  retired: flag('Verifies but no longer signs').default(false),
})

export const TokenSchema = z.object({
  ttlSeconds: whole('Life of a loopToken', 30, 86_400).default(900),
  algorithm: z
    .enum(['HS256', 'ES256'])
    .default('HS256')
    .meta({ description: 'Algorithm that signs; siblings that share jwtKey verify HS256' }),
  clockSkewSeconds: whole('Clock skew tolerated in verification', 0, 300).default(30),
  es256Keys: z
    .array(Es256Key)
    .default([])
    .meta({ description: 'ES256 keys; the first that is not retired signs' }),
  maxBytes: whole('Longest token accepted', 1024, 65_536).default(8192),
})

export const CookieSchema = z.object({
  httpOnly: flag('Hide the loopToken cookie from scripts').default(true),
  secure: flag('Send the cookie over HTTPS alone; default: true unless debug').optional(),
  sameSite: z.enum(['Lax', 'Strict', 'None']).default('Lax').meta({ description: 'SameSite of the cookie' }),
})

export const LimitsSchema = z.object({
  jsonBytes: whole('Largest JSON or form body', 1024, MAX_BYTES).default(1_048_576),
  multipartBytes: whole('Largest multipart body', 1024, MAX_BYTES).default(6_291_456),
  avatarBytes: whole('Largest avatar', 1024, MAX_BYTES).default(2_097_152),
  webhookBytes: whole('Largest webhook body', 1024, MAX_BYTES).default(1_048_576),
  mailBytes: whole('Largest mail that Kratos may hand over', 1024, MAX_BYTES).default(262_144),
})

export const EventsSchema = z.object({
  disableUserAuthenticated: flag('Do not publish user.authenticated').default(false),
  disableSubscriptionEvents: flag('Do not publish subscription events').default(false),
  retentionDays: whole('Days that delivered events are kept for replay', 1, MAX_DAYS).default(30),
  mailPayloadRetentionHours: whole(
    'Hours that what a delivered mail carried is kept: its codes and links are erased then',
    1,
    MAX_DAYS * 24,
  ).default(24),
  relayBatch: whole('Events claimed at once', 1, 10_000).default(512),
  relayIntervalMs: millis('Pause between looks at the outbox', 10).default(1000),
  leaseMs: millis('How long a claim holds', 1000).default(30_000),
  maxAttempts: whole('Tries before an event goes to the dead letters', 1, 1000).default(12),
})

export const MailAuthSchema = z.object({
  port: whole('Port of the internal listener', 0, 65_535).default(8001),
  host: text('Address of the internal listener; default: host').optional(),
  user: text('Basic user of the mail route').optional(),
  password: secretText('Basic password of the mail route').optional(),
})

export const UserSchema = z.object({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.email().max(320))
    .meta({ description: 'E-mail address', expected: 'an e-mail address' }),
  admin: flag('Grant sysadmin').default(false),
  firstName: nameText('First name').optional(),
  lastName: nameText('Last name').optional(),
  groups: z
    .array(nameText('Group name'))
    .max(100)
    .default([])
    .meta({ description: 'Groups to join', scalar: 'comma' }),
})

export const PersonalAccessTokensSchema = z.object({
  routeScopes: z
    .array(
      z.object({
        method: z
          .string()
          .trim()
          .toUpperCase()
          .pipe(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']))
          .optional()
          .meta({ description: 'HTTP method; absent = any', expected: 'an HTTP method' }),
        path: z
          .string()
          .startsWith('/')
          .meta({ description: 'Path; a trailing * is a wildcard', expected: 'a path that starts with /' }),
        scope: z.enum(['full_scope', 'public_scope']).meta({ description: 'Scope that a token needs there' }),
      }),
    )
    .default([])
    .meta({ description: 'Routes open to a scope' }),
})
