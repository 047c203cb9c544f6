import type { Kysely } from 'kysely'
import { inPart } from '../lib/async/in-part.ts'
import type { Config } from '../lib/config.ts'
import type { Database } from '../lib/db/tables.ts'
import { openDatabase } from '../runtime/node/database.ts'
import { loadConfigFile } from './load-config-file.ts'

/** Does work on the database that the configuration names, and closes it again. @throws with `database: ` ahead when it is away */
export async function onDatabase<T>(
  configFile: string | undefined,
  work: (db: Kysely<Database>, config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfigFile(configFile)
  return inPart('database', async () => {
    const { db, close } = openDatabase(config)
    try {
      return await work(db, config)
    } finally {
      await close()
    }
  })
}
