import * as z from 'zod'

/** What stands beside a backup in the bucket, so that a restore can tell whether it is whole and unchanged. */
export const ManifestSchema = z.object({
  version: z.literal(1),
  database: z.string().min(1),
  kind: z.enum(['mysql', 'sqlite']),
  createdAt: z.iso.datetime(),
  /** The server that was dumped, such as `10.11.6-MariaDB`. */
  server: z.string(),
  /** Our newest migration in it; null for the database of another program. */
  migration: z.string().nullable(),
  /** Of the dump before it was compressed. */
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  objectBytes: z.int().min(0),
})

export type Manifest = z.output<typeof ManifestSchema>
