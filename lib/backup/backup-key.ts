export type BackupKind = 'mysql' | 'sqlite'

const ENDINGS: Record<BackupKind, string> = { mysql: '.sql.zst', sqlite: '.sqlite.zst' }
const MANIFEST_ENDING = '.json'

/** Where the backups of one database stand in the bucket, with the slash at the end. */
export function backupFolder(prefix: string, database: string): string {
  const start = prefix.replace(/^\/+|\/+$/g, '')
  return `${start && `${start}/`}${encodeURIComponent(database)}/`
}

/** The key of a backup. Keys of one database sort by time. @param backup.at epoch milliseconds */
export function backupKey(
  prefix: string,
  { database, kind, at }: { database: string; kind: BackupKind; at: number },
): string {
  return `${backupFolder(prefix, database)}${encodeURIComponent(database)}-${stamp(at)}${ENDINGS[kind]}`
}

/** The key of the manifest of a backup: it is written last, so that a backup without one is not whole. */
export function manifestKey(key: string): string {
  return key + MANIFEST_ENDING
}

/** The keys that have a manifest among what a folder holds, the newest first. */
export function wholeBackups(keys: readonly string[]): string[] {
  const present = new Set(keys)
  const isBackup = (key: string) => Object.values(ENDINGS).some((ending) => key.endsWith(ending))
  return keys.filter((key) => isBackup(key) && present.has(manifestKey(key))).sort((a, b) => (a < b ? 1 : -1))
}

/** `20260131T060000123Z`, in UTC. @param at epoch milliseconds */
export function stamp(at: number): string {
  return new Date(at).toISOString().replace(/[-:.]/g, '')
}
