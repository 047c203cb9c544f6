import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken, skipped } = judgeOf('database')

/** What was read of a SQLite file. */
export interface SqliteFacts {
  file: string
  exists: boolean
  /** Whether the directory, and the file if there is one, can be written. */
  writable: boolean
  journalMode?: string
  /** First line of `quick_check`; absent for a file too large for it. */
  integrity?: string
}

export function judgeSqlite({ file, exists, writable, journalMode, integrity }: SqliteFacts): Finding[] {
  const access = writable
    ? ok('writable', `${file} and its directory can be written`)
    : broken(
        'writable',
        `${file} or its directory cannot be written`,
        'give it to the user that the service runs as',
      )
  if (!exists) {
    return writable
      ? [
          access,
          warn(
            'connection',
            `there is no ${file} yet: the first start makes it`,
            'start the service, or mend database.file',
          ),
        ]
      : [access]
  }
  return [
    access,
    journalMode === undefined || journalMode === 'wal' || journalMode === 'memory'
      ? ok('journal', 'readers and the writer do not wait for each other (WAL)')
      : warn(
          'journal',
          `the journal mode is ${journalMode}, not WAL: another program changed it`,
          'start the service, which sets it',
        ),
    judgeIntegrity(integrity),
  ]
}

function judgeIntegrity(integrity: string | undefined): Finding {
  if (integrity === undefined) {
    return skipped(
      'integrity',
      'the file is too large to be checked in passing',
      'run `sqlite3 FILE "pragma quick_check"` while nothing is urgent',
    )
  }
  return integrity === 'ok'
    ? ok('integrity', 'the file is whole')
    : broken(
        'integrity',
        'the file is damaged',
        'stop the service, keep a copy of the file, and load a backup',
        { quickCheck: integrity },
      )
}
