import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { backupFolder, backupKey, manifestKey, wholeBackups } from '../../../lib/backup/backup-key.ts'
import type { BackupSource } from '../../../lib/backup/backup-sources.ts'
import type { Manifest } from '../../../lib/backup/manifest.ts'
import type { Config } from '../../../lib/config.ts'
import { dumpMysql } from './dump-mysql.ts'
import { createMeter } from './meter.ts'
import { lookAtMysql } from './mysql-database.ts'
import type { ObjectStore } from './object-store.ts'
import { dumpSqlite, lookAtSqlite } from './sqlite-file.ts'

const LEVEL = 3

export interface BackupContext {
  store: ObjectStore
  backup: Config['backup']
  now: () => number
  signal?: AbortSignal
}

/**
 * Dumps a database into the bucket, then writes its manifest. Of a dump that failed nothing is left there.
 * @returns the key and the manifest
 */
export async function backUp(
  source: BackupSource,
  context: BackupContext,
): Promise<{ key: string; manifest: Manifest }> {
  const { store, backup, now, signal } = context
  const at = now()
  const facts = source.kind === 'mysql' ? await lookAtMysql(source, backup.timeoutMs) : lookAtSqlite(source)
  const dump = source.kind === 'mysql' ? dumpMysql(source, backup.timeoutMs, signal) : dumpSqlite(source)

  const { name: database, kind } = source
  const key = backupKey(backup.prefix, { database, kind, at })
  const content = await sendCompressed(dump, store, key, signal)
  const stored = await store.sizeOf(key)
  if (stored !== content.objectBytes) {
    throw new Error(`s3: ${stored ?? 'none'} of ${content.objectBytes} bytes are in ${key}`)
  }

  const manifest: Manifest = {
    version: 1,
    database,
    kind,
    createdAt: new Date(at).toISOString(),
    ...facts,
    ...content,
  }
  await store.put(manifestKey(key), manifest)
  return { key, manifest }
}

/** Removes whole backups of a database but the newest. @returns their keys */
export async function removeOldBackups(
  store: ObjectStore,
  prefix: string,
  database: string,
  keep: number,
): Promise<string[]> {
  const old = wholeBackups(await store.list(backupFolder(prefix, database))).slice(keep)
  for (const key of old) {
    // Without its manifest it is no backup any more, should the second step fail.
    await store.remove(manifestKey(key))
    await store.remove(key)
  }
  return old
}

async function sendCompressed(
  dump: AsyncIterable<Buffer>,
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<Pick<Manifest, 'bytes' | 'sha256' | 'objectBytes'>> {
  const plain = createMeter()
  const object = createMeter()
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  const zstd = createZstdCompress({ params: { [ZSTD_c_compressionLevel]: LEVEL, [ZSTD_c_checksumFlag]: 1 } })

  // A dump that fails destroys the body with its error, before it has ended: nothing that looks whole is stored.
  const flowing = pipeline(dump, plain, zstd, object, { signal })
  const [flow, upload] = await Promise.allSettled([flowing, uploadOrDestroy(store, key, object)])
  if (flow.status === 'rejected' && !isCutShort(flow.reason)) throw flow.reason
  if (upload.status === 'rejected') throw upload.reason
  if (flow.status === 'rejected') throw flow.reason

  return { bytes: plain.bytes, sha256: plain.digest(), objectBytes: object.bytes }
}

async function uploadOrDestroy(store: ObjectStore, key: string, body: Readable): Promise<void> {
  try {
    await store.upload(key, body)
  } catch (error) {
    body.destroy(error as Error)
    throw error
  }
}

/** Whether a stream ended because its reader had left, who can tell why. */
function isCutShort(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ABORT_ERR'
}
