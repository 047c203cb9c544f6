import type { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Config } from '../../../lib/config.ts'

/** With the 10,000 parts that S3 allows, a backup may have 160 GB. */
const PART_BYTES = 16 * 1024 * 1024
const PARTS_AT_ONCE = 2
const CONNECT_TIMEOUT_MS = 10_000

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

/** The bucket that `s3Config.secondaryBucket` names. @throws when a key of it is not configured */
export function openObjectStore({ s3Config: s3, backup }: Pick<Config, 's3Config' | 'backup'>): ObjectStore {
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

  return {
    async upload(Key, body) {
      const params = { Bucket, Key, Body: body, ContentType: 'application/zstd' }
      const upload = new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE })
      await inS3(upload.done())
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
    const { name, message, code, $metadata } = error as Error & {
      code?: string
      $metadata?: { httpStatusCode?: number }
    }
    const said = [name === 'Error' ? code : name, message].filter(Boolean).join(': ')
    throw new StoreError(`s3: ${said || 'unknown failure'}`, $metadata?.httpStatusCode, error)
  }
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
