import { AwsClient } from 'aws4fetch'
import { expect, test } from 'vitest'
import { startS3 } from './s3.ts'

test('startS3 stores objects with their content type', async () => {
  const s3 = await startS3()
  const client = new AwsClient({ ...s3, service: 's3' })
  const body = new Uint8Array([137, 80, 78, 71])
  const headers = { 'content-type': 'image/png' }
  const put = await client.fetch(`${s3.endpoint}/${s3.bucket}/a/b.png`, { method: 'PUT', body, headers })
  expect(put.status).toBe(200)

  expect(await s3.getObject('a/b.png')).toEqual({ body, contentType: 'image/png' })
  expect(await s3.getObject('absent')).toBeUndefined()
  await s3.stop()
})
