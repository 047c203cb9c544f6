import { expect, test } from 'vitest'
import { carriesCode, redactModel } from '../../../lib/mail/mail-secrets.ts'

test.each([
  [{ verification_code: '482913' }, true],
  [{ recovery_url: 'https://app.example.com/recovery?token=t' }, true],
  [{ login_code: '482913' }, true],
  [{ registrationCode: '482913' }, true],
  [{ recovery_code: '', verification_url: null }, false],
  [{ country_code: 'DE', logo_url: 'https://example.com/logo.png' }, false],
  [null, false],
])('what makes a mail unlike every other: %j', (model, unique) => {
  expect(carriesCode(model)).toBe(unique)
})

test('an operator sees no code, link or text, however deep', () => {
  const model = {
    email: 'ada@example.com',
    recovery_code: '482913',
    recoveryLink: 'https://482913.example.com',
    verification_code: null,
    body: 'Your code is 482913',
    nested: { token: '482913', locale: 'de' },
  }
  const shown = redactModel(model)
  expect(JSON.stringify(shown)).not.toContain('482913')
  expect(shown).toMatchObject({
    email: 'ada@example.com',
    recovery_code: '[redacted]',
    verification_code: null,
    nested: { locale: 'de' },
  })
})
