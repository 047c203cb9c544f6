import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { startS3 } from './s3.ts'

/** What to do with a request in place of letting it through; answers whether it did anything. */
export type Fault = (incoming: IncomingMessage, response: ServerResponse) => boolean

export interface BackupBucket {
  /** What stands under `s3Config`. */
  s3Config: { key: string; secret: string; region: string; endpoint: string; secondaryBucket: string }
  /** From now on, requests go through this first; undefined ends that. */
  fault(fault: Fault | undefined): void
  keys(): Promise<string[]>
  get(key: string): Promise<Buffer>
  put(key: string, body: Uint8Array | string): Promise<void>
  remove(key: string): Promise<void>
  /** Multipart uploads that were begun and neither completed nor aborted. */
  openUploads(): number
  /** No longer counts those that are open. */
  forgetUploads(): void
  stop(): Promise<void>
}

/** An S3 with an empty bucket for backups, behind a server that can hang up, refuse or keep silent. */
export async function startBackupBucket(): Promise<BackupBucket> {
  const s3 = await startS3()
  const { accessKeyId, secretAccessKey, region, secondaryBucket: Bucket } = s3
  const client = new S3Client({
    region,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })

  const open = new Set<string>()
  function note(method: string, url: string, status: number): void {
    const [path, query = ''] = url.split('?')
    if (status >= 300 || !['POST', 'DELETE'].includes(method)) return
    if (query.includes('uploadId=')) open.delete(path!)
    else if (query.startsWith('uploads')) open.add(path!)
  }

  let fault: Fault | undefined
  const front = createServer((incoming, response) => {
    if (fault?.(incoming, response)) return
    const { method, url, headers } = incoming
    const passed = request(s3.endpoint + url, { method, headers }, (answer) => {
      note(method!, url!, answer.statusCode!)
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`

  return {
    s3Config: { key: accessKeyId, secret: secretAccessKey, region, endpoint, secondaryBucket: Bucket },
    fault: (next) => {
      fault = next
    },
    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
      return Contents.map(({ Key }) => Key!)
    },
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      return Buffer.from(await Body!.transformToByteArray())
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }))
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }))
    },
    openUploads: () => open.size,
    forgetUploads: () => open.clear(),
    async stop() {
      client.destroy()
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
      await s3.stop()
    },
  }
}
