import { join } from 'node:path'
import { stamp } from '../../../lib/backup/backup-key.ts'
import type { BackupSource } from '../../../lib/backup/backup-sources.ts'
import type { Manifest } from '../../../lib/backup/manifest.ts'
import { fetchBackup } from './fetch-backup.ts'
import { loadMysql } from './load-mysql.ts'
import { loadSqlite } from './load-sqlite.ts'
import { countContents, emptyDatabase } from './mysql-database.ts'
import type { ObjectStore } from './object-store.ts'
import { countSqliteContents } from './sqlite-file.ts'
import { makeTempDir } from './temp-dir.ts'

export interface Restore {
  target: BackupSource
  key: string
  manifest: Manifest
  timeoutMs: number
  now: () => number
  signal?: AbortSignal
}

/** How many tables and the like a restore would meet in its target. */
export async function countInTarget(target: BackupSource, timeoutMs: number): Promise<number> {
  return target.kind === 'mysql' ? countContents(target, timeoutMs) : countSqliteContents(target.file)
}

/**
 * Restores a backup in its target, whatever is there: {@link countInTarget} tells. The target is not touched before the whole backup is
 * here and checked.
 * @returns where the SQLite file went that was in the target's place
 */
export async function restore(
  store: ObjectStore,
  { target, key, manifest, timeoutMs, now, signal }: Restore,
): Promise<string | undefined> {
  if (manifest.kind !== target.kind) {
    throw new Error(`${key} is of ${KINDS[manifest.kind]} and does not fit ${KINDS[target.kind]}`)
  }
  await using directory = await makeTempDir()
  const file = join(directory.path, 'backup.zst')
  await fetchBackup(store, { key, manifest, file }, timeoutMs, signal)

  if (target.kind === 'sqlite') {
    const aside = `${target.file}.before-restore-${stamp(now())}`
    return (await loadSqlite(target.file, file, aside, signal)) ? aside : undefined
  }
  await emptyDatabase(target, timeoutMs)
  try {
    await loadMysql(target, file, timeoutMs, signal)
  } catch (cause) {
    throw new Error(`only a part is loaded, the database cannot be used: ${(cause as Error).message}`, {
      cause,
    })
  }
  return undefined
}

const KINDS = { mysql: 'MySQL or MariaDB', sqlite: 'SQLite' }
