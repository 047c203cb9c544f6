import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Config } from '../../../lib/config.ts'

/** With the 10,000 parts that S3 allows, a backup may have 100 GB as it is stored. */
const PART_BYTES = 10 * 1024 * 1024
const PARTS_AT_ONCE = 3
const CONNECT_TIMEOUT_MS = 10_000
const TIDY_TIMEOUT_MS = 10_000

/** The bucket of the backups. Failures begin with `s3:`. */
export interface ObjectStore {
  /** Stores a stream of any length. The object is there when this has resolved, and never in part. */
  upload(key: string, body: Readable): Promise<void>
  /** Stores a value as JSON. */
  put(key: string, value: unknown): Promise<void>
  open(key: string): Promise<Readable>
  /** The object's text; undefined when there is none. For small objects. */
  read(key: string): Promise<string | undefined>
  sizeOf(key: string): Promise<number | undefined>
  /** Every key that starts so. */
  list(prefix: string): Promise<string[]>
  remove(key: string): Promise<void>
  close(): void
}

/**
 * The bucket that `s3Config.secondaryBucket` names.
 * @param signal ends an upload that is under way
 * @throws when a key of the configuration is missing
 */
export function openObjectStore(
  { s3Config: s3, backup }: Pick<Config, 's3Config' | 'backup'>,
  signal?: AbortSignal,
): ObjectStore {
  for (const key of ['secondaryBucket', 'key', 'secret'] as const) {
    if (!s3[key]) throw new Error(`s3Config.${key} is not configured`)
  }
  const client = new S3Client({
    region: s3.region ?? 'us-east-1',
    credentials: { accessKeyId: s3.key!, secretAccessKey: s3.secret! },
    ...(s3.endpoint && { endpoint: s3.endpoint, forcePathStyle: true }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: backup.timeoutMs },
    // Stores other than Amazon's refuse the newer checksums; the manifest has one.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const Bucket = s3.secondaryBucket!
  const uploading = abortable(client, signal)

  return {
    async upload(Key, body) {
      const params = { Bucket, Key, Body: body, ContentType: 'application/zstd' }
      const size = { partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }
      await inS3(new Upload({ client: uploading, params, ...size }).done())
    },
    async put(Key, value) {
      const Body = `${JSON.stringify(value, null, 2)}\n`
      await inS3(client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' })))
    },
    async open(Key) {
      const { Body } = await inS3(client.send(new GetObjectCommand({ Bucket, Key })))
      return Body as Readable
    },
    async read(Key) {
      const found = await orAbsent(inS3(client.send(new GetObjectCommand({ Bucket, Key }))))
      return found?.Body?.transformToString()
    },
    async sizeOf(Key) {
      const found = await orAbsent(inS3(client.send(new HeadObjectCommand({ Bucket, Key }))))
      return found?.ContentLength
    },
    async list(Prefix) {
      const keys: string[] = []
      let ContinuationToken: string | undefined
      do {
        const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })
        const page = await inS3(client.send(command))
        keys.push(...(page.Contents ?? []).map(({ Key }) => Key!))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
      return keys
    },
    async remove(Key) {
      await inS3(client.send(new DeleteObjectCommand({ Bucket, Key })))
    },
    close: () => client.destroy(),
  }
}

/** The client as an upload sees it, which hands on no signal to its requests. What was stored in part is removed even so. */
function abortable(client: S3Client, signal: AbortSignal | undefined): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]) => {
    const tidying = command instanceof AbortMultipartUploadCommand
    return client.send(command, { abortSignal: tidying ? AbortSignal.timeout(TIDY_TIMEOUT_MS) : signal })
  }
  return Object.create(client, { send: { value: send } })
}

/** A failure of the object store, as against one of the stream that it reads. */
class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly status: number | undefined
  constructor(message: string, status: number | undefined, cause: unknown) {
    super(message, { cause })
    this.status = status
  }
}

async function inS3<T>(step: Promise<T>): Promise<T> {
  try {
    return await step
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    throw new StoreError(`s3: ${reasonOf(error as Error)}`, status, error)
  }
}

function reasonOf({ name, message, code }: Error & { code?: string }): string {
  const kind = code ?? (name === 'Error' ? '' : name)
  if (!message) return kind || 'unknown failure'
  return message.includes(kind) ? message : `${kind}: ${message}`
}

async function orAbsent<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step
  } catch (error) {
    if (error instanceof StoreError && error.status === 404) {
      if (error.message.includes('NoSuchBucket')) throw error
      return undefined
    }
    throw error
  }
}
