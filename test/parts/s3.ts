import { randomBytes } from 'node:crypto'
import { AwsClient } from 'aws4fetch'
import { startFauxqs } from 'fauxqs'

export interface S3 {
  endpoint: string
  region: string
  bucket: string
  secondaryBucket: string
  accessKeyId: string
  secretAccessKey: string
  /** The object's bytes and content type; undefined when there is no such key. */
  getObject(key: string): Promise<{ body: Uint8Array; contentType: string } | undefined>
  stop(): Promise<void>
}

/** Starts an S3 in memory with two empty buckets, addressed by path. It takes any credentials: it checks no signature. */
export async function startS3(): Promise<S3> {
  const bucket = 'avatars'
  const secondaryBucket = 'backups'
  const region = 'eu-central-1'
  const server = await startFauxqs({ host: '127.0.0.1', port: 0, logger: false, defaultRegion: region })
  server.createBucket(bucket)
  server.createBucket(secondaryBucket)

  const endpoint = `http://127.0.0.1:${server.port}`
  const credentials = { accessKeyId: 'test-access-key', secretAccessKey: randomBytes(16).toString('hex') }
  const client = new AwsClient({ ...credentials, region, service: 's3', retries: 0 })
  return {
    ...credentials,
    endpoint,
    region,
    bucket,
    secondaryBucket,
    async getObject(key) {
      const response = await client.fetch(`${endpoint}/${bucket}/${key}`)
      if (response.status === 404) return undefined
      if (!response.ok) throw new Error(`S3 answered ${response.status}`)
      return {
        body: new Uint8Array(await response.arrayBuffer()),
        contentType: response.headers.get('content-type') ?? '',
      }
    },
    stop: () => server.stop(),
  }
}
