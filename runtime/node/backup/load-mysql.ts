import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MysqlSource } from '../../../lib/backup/backup-sources.ts'
import { findClientProgram, startClient } from './client-program.ts'
import { readPlain } from './fetch-backup.ts'

/** In binary mode the client obeys no command in its input but DELIMITER, and leaves line ends as they are. */
const OPTIONS = [
  '--batch',
  '--binary-mode',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
  '--connect-timeout=10',
]
const MARIADB_OPTIONS = ['--loose-ssl-verify-server-cert=0', '--loose-sandbox']

/** Runs a compressed dump in an empty database. @throws with the server's complaint at the first statement that fails */
export async function loadMysql(
  target: MysqlSource,
  file: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const program = await findClientProgram('mariadb', 'mysql')
  const options = [...OPTIONS, ...(program.mariadb ? MARIADB_OPTIONS : [])]
  const client = startClient(program, options, target, signal)
  client.stdout.resume()

  let hung = false
  const watchdog = setTimeout(() => {
    hung = true
    client.kill()
  }, timeoutMs)
  const progress = new Transform({
    transform(chunk, _, done) {
      watchdog.refresh()
      done(null, chunk)
    },
  })
  const [flow, end] = await Promise.allSettled([
    pipeline(readPlain(file), progress, client.stdin, { signal }),
    client.ended,
  ])
  clearTimeout(watchdog)

  if (hung) throw new Error(`the server took in nothing for ${timeoutMs / 1000} s`)
  signal?.throwIfAborted()
  if (end.status === 'rejected') throw end.reason
  if (flow.status === 'rejected') throw flow.reason
}
