import type { MysqlSource } from '../../../lib/backup/backup-sources.ts'
import { findClientProgram, startClient } from './client-program.ts'
import { idleLimit, withinLimit } from './idle-limit.ts'

const OPTIONS = [
  '--single-transaction',
  '--quick',
  '--routines',
  '--triggers',
  '--events',
  '--hex-blob',
  '--skip-dump-date',
  // Needs a privilege of the whole server, for what no restore of one database uses.
  '--no-tablespaces',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
]

/** As ever before MariaDB 11.4: encrypted where the server can, and without a certificate authority to ask. */
const MARIADB_OPTIONS = ['--loose-ssl-verify-server-cert=0']
/** What would need privileges of the whole server, or MySQL's own tables. */
const MYSQL_OPTIONS = ['--set-gtid-purged=OFF', '--loose-column-statistics=0']

/**
 * The dump of a database as SQL, without its name, so that it can be loaded under another. It ends only when the
 * program that dumps has ended well, and throws otherwise.
 */
export async function* dumpMysql(
  source: MysqlSource,
  timeoutMs: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const program = await findClientProgram('mariadb-dump', 'mysqldump')
  const options = [...OPTIONS, ...(program.mariadb ? MARIADB_OPTIONS : MYSQL_OPTIONS)]
  const client = startClient(program, options, source, signal)
  client.stdin.end()
  try {
    yield* idleLimit<Buffer>(client.stdout, timeoutMs, 'the dump did not go on')
    await withinLimit(client.ended, timeoutMs, 'the dump did not end')
  } finally {
    client.kill()
  }
}
