import { AwsClient } from 'aws4fetch'
import type { Config } from '../config.ts'
import { ApiError } from '../http/errors.ts'
import type { AvatarStore } from './avatar-store.ts'

const TIMEOUT_MS = 10_000

/**
 * Avatars in an S3 compatible bucket, or undefined when none is configured. Keys are random, so that nobody can guess or overwrite
 * another's; who may read them is the bucket's policy.
 */
export function createS3AvatarStore(s3: Config['s3Config']): AvatarStore | undefined {
  if (!s3?.key || !s3.secret || !s3.bucket) return undefined
  const region = s3.region ?? 'us-east-1'
  const client = new AwsClient({
    accessKeyId: s3.key,
    secretAccessKey: s3.secret,
    region,
    service: 's3',
    retries: 2,
  })
  const bucketUrl = `${s3.endpoint ?? `https://s3.${region}.amazonaws.com`}/${s3.bucket}`

  return {
    async put(bytes, { mime, ext }) {
      const key = `avatars/${crypto.randomUUID()}.${ext}`
      const headers = { 'content-type': mime, 'cache-control': 'public, max-age=31536000, immutable' }
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await client
        .fetch(`${bucketUrl}/${key}`, { method: 'PUT', body: bytes, headers, signal })
        .catch((cause: unknown) => {
          throw new ApiError('storage_unavailable', { cause })
        })
      await response.body?.cancel()
      if (!response.ok)
        throw new ApiError('storage_unavailable', { cause: new Error(`status ${response.status}`) })
      return `${s3.cdnUrl ?? bucketUrl}/${key}`
    },
  }
}
