import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupBucket } from './backup-bucket.ts'
import { programPath } from './find-program.ts'
import { CLI, writeConfig } from './gateway.ts'
import type { Database } from './mariadb.ts'
import { type RunningProcess, startProcess } from './process.ts'
import type { CliResult } from './run-cli.ts'
import { tempDir } from './temp-dir.ts'

const NOWHERE = { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' }

/** A configuration file for backups of these databases, the first of which is the service's own. */
export function backupConfig(
  { s3Config }: Pick<BackupBucket, 's3Config'>,
  databases: Database[],
  backup: object = {},
): string {
  const names = databases.map(({ dbname }) => dbname)
  return writeConfig({
    database: databases[0],
    kratos: NOWHERE,
    s3Config,
    backup: { databases: names, ...backup },
  })
}

/** As backupConfig, for one SQLite file. */
export function sqliteBackupConfig({ s3Config }: Pick<BackupBucket, 's3Config'>, file: string): string {
  return writeConfig({ database: { file }, kratos: NOWHERE, s3Config })
}

/** A directory with one program, to be put in PATH before the real one: `$REAL` is that. */
export function fakeProgram(name: string, script: string): string {
  const directory = tempDir('program')
  const path = join(directory, name)
  const real = programPath(name)
  writeFileSync(path, `#!/bin/sh\n[ "$2" = --version ] && exec ${real} "$@"\nREAL=${real}\n${script}\n`)
  chmodSync(path, 0o755)
  return directory
}

/** Starts a command of this checkout, by itself or with a directory before PATH or in its place. */
export function startCli(args: string[], env: Record<string, string> = {}): RunningProcess {
  return startProcess(process.execPath, [CLI, ...args], { env })
}

export async function runCliIn(env: Record<string, string>, ...args: string[]): Promise<CliResult> {
  const running = startCli(args, env)
  const { code } = await running.exit
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}

export function pathBefore(directory: string): { PATH: string } {
  return { PATH: `${directory}:${process.env.PATH}` }
}
