import { createWriteStream, existsSync } from 'node:fs'
import { chown, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readPlain } from './fetch-backup.ts'
import { checkSqlite, claimSqlite } from './sqlite-file.ts'

/**
 * Puts a compressed copy of a database in the place of a file, at once and whole.
 * @param aside where a file that is there goes
 * @returns whether there was one
 * @throws when somebody has the file open
 */
export async function loadSqlite(
  target: string,
  compressed: string,
  aside: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const occupied = existsSync(target)
  const arriving = `${target}.arriving`
  await mkdir(dirname(target), { recursive: true })
  try {
    await pipeline(readPlain(compressed), createWriteStream(arriving, { mode: 0o600 }), { signal })
    checkSqlite(arriving)
    await resemble(arriving, occupied ? target : dirname(target))
    await sync(arriving)
    if (occupied) {
      claimSqlite(target)
      await rename(target, aside)
    }
    await rename(arriving, target)
    await sync(dirname(target))
    return occupied
  } finally {
    await rm(arriving, { force: true })
  }
}

/** Root may restore what belongs to the user of the server. */
async function resemble(file: string, model: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(model)
  await chown(file, uid, gid)
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
