import { join } from 'node:path'
import type { Config } from '../../lib/config.ts'
import { startMariaDb } from '../parts/mariadb.ts'
import { tempDir } from '../parts/temp-dir.ts'

export type Engine = 'SQLite' | 'MariaDB'

/** An empty database of its own. */
export async function openEngine(
  engine: Engine,
): Promise<{ database: Partial<Config['database']>; stop(): unknown }> {
  if (engine === 'SQLite') {
    return { database: { file: join(tempDir('bench'), 'authlance.sqlite') }, stop: () => undefined }
  }
  const mariadb = await startMariaDb()
  return { database: await mariadb.createDatabase(), stop: () => mariadb.stop() }
}
