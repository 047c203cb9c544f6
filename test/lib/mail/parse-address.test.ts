import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../lib/mail/parse-address.ts'

describe('parseAddress', () => {
  it.each([
    ['ada@example.com', 'ada'],
    ['  ada.love+tag@sub.example.com ', 'ada.love+tag'],
    ['ada@localhost', 'ada'],
    ["o'brien@example.com", "o'brien"],
    ['дмитрий@пример.рф', 'дмитрий'],
    ['"ada lovelace"@example.com', '"ada lovelace"'],
    ['"a@b, c"@example.com', '"a@b, c"'],
    ['ada@[192.0.2.1]', 'ada'],
    ['Ada Lovelace <ada@example.com>', 'ada'],
    ['"Lovelace, Ada" <ada@example.com>', 'ada'],
    ['<ada@example.com>', 'ada'],
  ])('takes %j', (text, local) => {
    expect(parseAddress(text)).toMatchObject({ local })
  })

  it('gives the address without the display name', () => {
    expect(parseAddress('Ada <ada@example.com>')?.address).toBe('ada@example.com')
  })

  it.each([
    '',
    ' ',
    'ada',
    '@example.com',
    'ada@',
    'ada@@example.com',
    'a da@example.com',
    '.ada@example.com',
    'ada..b@example.com',
    'ada@example..com',
    'ada@exa mple.com',
    'ada@example.com, eve@example.com',
    'ada@example.com; eve@example.com',
    'Ada <ada@example.com> eve@example.com',
    'eve@example.com <ada@example.com>',
    'Ada, Eve <ada@example.com>',
    'ada@example.com\nBcc: eve@example.com',
    'ada@example.com\r\n',
    '\nada@example.com',
    '"ada\r\n"@example.com',
    'Ada\u2028<ada@example.com>',
    'Ada\u0085 <ada@example.com>',
    'ada\0@example.com',
    `${'a'.repeat(320)}@example.com`,
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('answers long hostile texts at once', () => {
    const startedAt = performance.now()
    for (const part of ['"\\"', 'a.', '<', '" <', ' ', '@'])
      parseAddress(`${part.repeat(200_000)}@example.com`)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})
