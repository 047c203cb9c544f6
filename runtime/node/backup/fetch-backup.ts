import { createReadStream, createWriteStream } from 'node:fs'
import { Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { manifestKey } from '../../../lib/backup/backup-key.ts'
import { type Manifest, ManifestSchema } from '../../../lib/backup/manifest.ts'
import { idleLimit } from './idle-limit.ts'
import { createMeter } from './meter.ts'
import type { ObjectStore } from './object-store.ts'

/** @throws when there is none, so that the backup is not whole, or it is no manifest */
export async function readManifest(store: ObjectStore, key: string): Promise<Manifest> {
  const text = await store.read(manifestKey(key))
  if (text === undefined) throw new Error(`${key} is no whole backup: it has no ${manifestKey(key)}`)
  try {
    return ManifestSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${manifestKey(key)} is no manifest of this program`, { cause })
  }
}

/** Downloads a backup into a file, compressed as it is. @throws unless it is what the manifest describes */
export async function fetchBackup(
  store: ObjectStore,
  { key, manifest, file }: { key: string; manifest: Manifest; file: string },
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const body = idleLimit<Buffer>(await store.open(key), timeoutMs, 's3: the download did not go on')
  await pipeline(body, createWriteStream(file, { mode: 0o600 }), { signal }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error
  })
  const plain = createMeter()
  try {
    const discard = new Writable({ write: (_chunk, _encoding, done) => done() })
    await pipeline(readPlain(file), atMost(manifest.bytes), plain, discard, { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new Error(`${key} is damaged: ${(cause as Error).message}`, { cause })
  }
  if (plain.bytes !== manifest.bytes || plain.digest() !== manifest.sha256) {
    throw new Error(`${key} is damaged: its content is not what was dumped`)
  }
}

/** What a compressed file holds. */
export function readPlain(file: string): NodeJS.ReadableStream {
  const zstd = createZstdDecompress()
  const source = createReadStream(file)
  source.once('error', (error) => zstd.destroy(error))
  zstd.once('close', () => source.destroy())
  return source.pipe(zstd)
}

/** So that a tiny object which was put in its place cannot keep the machine busy for hours. */
function atMost(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(new Error('it is longer than what was dumped'))
      else done(null, chunk)
    },
  })
}
