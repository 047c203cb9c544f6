import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { importMailKey, mailId, recipientHash } from '../../../lib/mail/mail-id.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('the id depends on the body, the period and the credential alone', async () => {
  const [key, again, other] = await Promise.all([
    importMailKey({ user: 'mail', password: 'one' }),
    importMailKey({ user: 'mail', password: 'one' }),
    importMailKey({ user: 'mail', password: 'two' }),
  ])
  const id = await mailId(key, bytes('{"code":1}'))
  expect(await mailId(again, bytes('{"code":1}'))).toBe(id)
  const others = [
    await mailId(key, bytes('{"code":2}')),
    await mailId(key, bytes('{"code":1}'), 0),
    await mailId(key, bytes('{"code":1}'), 1),
    await mailId(other, bytes('{"code":1}')),
  ]
  expect(new Set([id, ...others]).size).toBe(5)
})

test('a recipient is the same in any case, and its hash is no id of a mail', async () => {
  const key = await importMailKey({ user: 'mail', password: 'one' })
  const hash = await recipientHash(key, 'Ada@Example.com')
  expect(hash).toBe(await recipientHash(key, 'ada@example.com'))
  expect(hash).not.toBe(await recipientHash(key, 'eve@example.com'))
  expect(await mailId(key, bytes('ada@example.com'))).not.toContain(hash)
})

test("a host's own HMAC gives the ids that WebCrypto gives", async () => {
  const credentials = { user: 'mail', password: 'one' }
  const key = await importMailKey(credentials, (bytes, data) =>
    createHmac('sha256', bytes).update(data).digest(),
  )
  expect(await mailId(key, bytes('{}'))).toBe(await mailId(await importMailKey(credentials), bytes('{}')))
})
