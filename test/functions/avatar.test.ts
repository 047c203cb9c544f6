import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import profile from '../../functions/authlance/identity/api/v1/profile/me.ts'
import me from '../../functions/authlance/identity/me.ts'
import { createS3AvatarStore } from '../../lib/identity/s3-avatar-store.ts'
import { type Answer, call } from '../parts/call.ts'
import { fakeSession, knows } from '../parts/fake-session.ts'
import { type S3, startS3 } from '../parts/s3.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

const PATH = '/authlance/identity/api/v1/profile/me'
const LIMIT_BYTES = 2_097_152
const PNG = bytes('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489')
const JPEG = bytes('ffd8ffe000104a46494600010100000100010000')
const GIF = bytes('47494638396101000100800000000000ffffff2c')
const WEBP = bytes('524946461a000000574542505650384c0d0000002f00000010071011118888fe0700')

let s3: S3
let test: TestEnv
let authorization: string

beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.stop())

beforeEach(async () => {
  test = await open(s3Config())
})
afterEach(() => test.close())

const s3Config = () => ({
  key: s3.accessKeyId,
  secret: s3.secretAccessKey,
  region: s3.region,
  endpoint: s3.endpoint,
  bucket: s3.bucket,
})

/** A user that has signed in, with avatars kept where the configuration says. */
async function open(s3Keys?: Record<string, unknown>): Promise<TestEnv> {
  const session = fakeSession()
  const opened = await createTestEnv({
    kratos: knows(session),
    config: { ...(s3Keys && { s3Config: s3Keys }) },
  })
  const avatars = createS3AvatarStore(opened.config.s3Config)
  if (avatars) opened.env.avatars = avatars
  const headers = { 'x-session-token': 'ory_st_a' }
  const { body } = await call(opened, me, '/authlance/identity/me', {
    json: { session: session.id },
    headers,
  })
  authorization = `Bearer ${body.token}`
  return opened
}

function upload(image: Uint8Array<ArrayBuffer>, type = 'image/png', fields: object = {}): Promise<Answer> {
  const form = new FormData()
  form.set('user', JSON.stringify(fields))
  form.set('avatarImage', new Blob([image], { type }), 'avatar')
  return call(test, profile, PATH, { method: 'POST', body: form, headers: { authorization } })
}

const avatarInDatabase = async () =>
  (await test.env.db.selectFrom('users').select('avatar').executeTakeFirstOrThrow()).avatar

describe('an avatar', () => {
  it.each([
    ['PNG', PNG, 'image/png', 'png'],
    ['JPEG', JPEG, 'image/jpeg', 'jpg'],
    ['GIF', GIF, 'image/gif', 'gif'],
    ['WebP', WEBP, 'image/webp', 'webp'],
  ])(
    'of type %s is stored with the type of its first bytes, whatever the browser says',
    async (_, image, mime, ext) => {
      const { status, body } = await upload(image, 'text/html')
      expect(status).toBe(200)
      const key = new RegExp(`^${s3.endpoint}/avatars/(avatars/[0-9a-f-]{36}\\.${ext})$`).exec(
        body.avatar,
      )?.[1]
      const stored = await s3.getObject(key!)
      expect(stored).toEqual({ body: image, contentType: mime })
      expect(await avatarInDatabase()).toBe(body.avatar)
    },
  )

  it('gets another key each time, so that nobody guesses or overwrites it', async () => {
    const urls = [(await upload(PNG)).body.avatar, (await upload(PNG)).body.avatar]
    expect(new Set(urls).size).toBe(2)
  })

  it('changes together with the fields beside it', async () => {
    const { body } = await upload(PNG, 'image/png', {
      gender: 'female',
      avatar: 'https://evil.example/a.png',
    })
    expect(body).toMatchObject({ gender: 'female', avatar: expect.stringContaining(s3.endpoint) })
  })

  it('is shown under the CDN when there is one', async () => {
    await test.close()
    test = await open({ ...s3Config(), cdnUrl: 'https://cdn.example.com' })
    expect((await upload(PNG)).body.avatar).toMatch(
      /^https:\/\/cdn\.example\.com\/avatars\/[0-9a-f-]{36}\.png$/,
    )
  })

  it('may be as large as the limit and no larger', async () => {
    const image = new Uint8Array(LIMIT_BYTES)
    image.set(PNG)
    expect((await upload(image)).status).toBe(200)
    const larger = new Uint8Array(LIMIT_BYTES + 1)
    larger.set(PNG)
    const { status, body } = await upload(larger)
    expect([status, body.code]).toEqual([400, 'avatar_invalid'])
  })

  it('in a body over the limit of multipart bodies is 413', async () => {
    const { status, body } = await upload(new Uint8Array(6_291_456))
    expect([status, body.code]).toEqual([413, 'payload_too_large'])
  })

  it.each([
    [
      'an SVG',
      text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      'image/svg+xml',
    ],
    ['a page', text('<!doctype html><script>alert(1)</script>'), 'image/png'],
    ['a PDF', text('%PDF-1.7\n%\u00e2\u00e3'), 'image/png'],
    ['a program', bytes('7f454c4602010100000000000000000002003e00'), 'image/png'],
    ['a bitmap', bytes('424d3a000000000000003600000028000000'), 'image/bmp'],
    ['noise', bytes('00010203'), 'image/png'],
  ])('that is %s is refused, and nothing changes', async (_, image, type) => {
    const { status, body } = await upload(image, type, { gender: 'female' })
    expect([status, body.code]).toEqual([400, 'avatar_invalid'])
    expect(await avatarInDatabase()).toBeNull()
  })

  it('that is empty counts as absent', async () => {
    const { status, body } = await upload(new Uint8Array(), 'image/png', { gender: 'female' })
    expect([status, body.gender, await avatarInDatabase()]).toEqual([200, 'female', null])
  })

  it('without storage is refused, and the profile alone is not', async () => {
    await test.close()
    test = await open()
    const { status, body } = await upload(PNG, 'image/png', { gender: 'female' })
    expect([status, body.code]).toEqual([400, 'avatar_storage_missing'])
    expect((await upload(new Uint8Array(), '', { gender: 'female' })).body.gender).toBe('female')
  })

  it('that cannot be stored is 503, and says nothing of the storage', async () => {
    await test.close()
    test = await open({ ...s3Config(), bucket: 'no-such-bucket' })
    const { status, body } = await upload(PNG)
    expect([status, body.code]).toEqual([503, 'storage_unavailable'])
    expect(JSON.stringify(body)).not.toContain('no-such-bucket')
    expect(await avatarInDatabase()).toBeNull()
  })

  it('stands in the next token', async () => {
    const { body } = await upload(PNG)
    const answer = await call(test, me, '/authlance/identity/me', {
      json: { session: fakeSession().id },
      headers: { 'x-session-token': 'ory_st_a' },
    })
    expect(JSON.parse(atob(answer.body.token.split('.')[1])).user.avatar).toBe(body.avatar)
  })
})

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16))
}

function text(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content)
}
