import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface DataDirectory {
  path: string
  /** The product's own data. */
  databaseFile: string
  /** The emulator's identities, sessions and mails. */
  oryFile: string
  /** What real Kratos and Hydra keep. */
  oryDirectory: string
  /** The account of the stand-in for Stripe. */
  stripeFile: string
  logFile: string
  /** Signs loopTokens; made once, so that they outlive a restart. */
  jwtKey: string
  /** Lets another stack use the directory. */
  release(): void
}

export interface DataDirectoryOptions {
  path: string
  /** Forget what was kept before. */
  fresh?: boolean
}

/**
 * Opens the directory in which a development stack keeps everything, for one stack at a time.
 * @throws when another stack uses it
 */
export function openDataDirectory({ path, fresh = false }: DataDirectoryOptions): DataDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const release = lock(path)
  const files = {
    databaseFile: join(path, 'authlance.sqlite'),
    oryFile: join(path, 'ory.sqlite'),
    stripeFile: join(path, 'stripe.json'),
    logFile: join(path, 'dev.log'),
  }
  const keyFile = join(path, 'jwt-key')
  const oryDirectory = join(path, 'ory')
  if (fresh) forget([...Object.values(files), keyFile], oryDirectory)
  return { path, ...files, oryDirectory, jwtKey: persistentKey(keyFile), release }
}

/** Held by the kernel, so that it goes with the process however that ends. */
function lock(path: string): () => void {
  const database = new DatabaseSync(join(path, 'lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new Error(
      `another development stack is using ${path}: stop it, or choose --data DIR for a second one`,
    )
  }
  return () => database.close()
}

/** Removes the stack's own files alone: the directory may hold others. */
function forget(files: string[], directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  for (const file of files) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
  }
}

function persistentKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const key = randomBytes(48).toString('base64url')
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' })
    return key
  }
}
