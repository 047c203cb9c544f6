import * as z from 'zod'
import { httpUrl, millis, secretText, text, whole } from './fields.ts'

export const KratosSchema = z.object({
  url: httpUrl("Kratos' public API"),
  adminUrl: httpUrl("Kratos' admin API"),
  sessionCookie: text("Name of Kratos' session cookie").default('ory_kratos_session'),
  schemaId: text('Identity schema of seeded users').default('default'),
  timeoutMs: millis('Longest wait for a whoami or admin call', 1).default(2000),
  proxyTimeoutMs: millis('Longest wait for the first byte of a proxied call', 1).default(30_000),
  proxyRetryMs: millis('How long a proxied GET is tried again while Kratos refuses connections', 0).default(
    2000,
  ),
})

export const HydraSchema = z.object({
  url: httpUrl("Hydra's public API").optional(),
  adminUrl: httpUrl("Hydra's admin API").optional(),
  hydraLoginToken: z.array(secretText('A bearer token')).default([]).meta({
    description: 'Bearer token (or list) that the token hook presents',
    secret: true,
    scalar: 'item',
  }),
  timeoutMs: millis('Longest wait for a Hydra call', 1).default(2000),
  proxyTimeoutMs: millis('Longest wait for the first byte of a proxied call', 1).default(30_000),
  proxyRetryMs: millis('How long a proxied GET is tried again while Hydra refuses connections', 0).default(
    2000,
  ),
})

const PlanetscaleSchema = z.object({
  host: text('PlanetScale host').optional(),
  url: secretText('PlanetScale URL, in place of host, username and password').optional(),
  username: text('PlanetScale user').optional(),
  password: secretText('PlanetScale password').optional(),
})

export const DatabaseSchema = z.object({
  file: text('SQLite file; chooses SQLite').optional(),
  host: text('MySQL or MariaDB host').optional(),
  port: whole('MySQL port', 1, 65_535).default(3306),
  user: text('MySQL user').optional(),
  password: secretText('MySQL password').optional(),
  dbname: text('MySQL database').optional(),
  poolSize: whole('Largest number of connections of this process, two for probes aside', 1, 1000).default(10),
  timeoutMs: millis('Longest wait for a MySQL connection, and for the answer to a statement', 1).default(
    5000,
  ),
  planetscale: PlanetscaleSchema.optional().meta({ description: 'PlanetScale over HTTP, for the edge' }),
})

export const S3Schema = z.object({
  key: secretText('Access key id').optional(),
  secret: secretText('Secret access key').optional(),
  region: text('Region').optional(),
  endpoint: httpUrl('Endpoint of an S3 compatible store').optional(),
  bucket: text('Bucket of the avatars').optional(),
  secondaryBucket: text('Bucket of the backups').optional(),
  cdnUrl: httpUrl('Public base URL of the avatars').optional(),
})

export const BackupSchema = z.object({
  databases: z
    .array(
      z
        .object({
          dbname: text('Database name'),
          file: text('SQLite file, in place of a server').optional(),
          host: text('Host; default database.host').optional(),
          port: whole('Port; default database.port', 1, 65_535).optional(),
          user: text('User; default database.user').optional(),
          password: secretText('Password; default database.password').optional(),
        })
        .meta({ scalarKey: 'dbname' }),
    )
    .default([])
    .meta({ description: 'Databases to dump: names, or maps with their own server', scalar: 'comma' }),
  prefix: text('Folder of the backups in s3Config.secondaryBucket').default('backups'),
  keep: whole('Backups kept of each database; absent = all', 1, 100_000).optional(),
  timeoutMs: millis('Longest wait for a database or the object store to go on', 1).default(300_000),
})
