import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import { judgeConfig, judgeFiles } from '../../../lib/doctor/judge-config.ts'

const KEYS = {
  jwtKey: 'q3Zr8vN1xK5tB7mW2yL9pD4sF6hJ0cRgTnVbYuXe',
  kratos: { url: 'http://kratos:4433', adminUrl: 'http://kratos:4434' },
  database: { file: '/data/auth.sqlite' },
  mailAuth: { user: 'mail', password: 'x' },
}
const judge = (keys: object) => {
  const { config, warnings } = parseConfig({ ...KEYS, ...keys }, { env: {} })
  return judgeConfig(config, warnings).map(({ id, state }) => `${state} ${id}`)
}

const FINE = ['ok configuration.debug', 'ok configuration.https', 'ok configuration.mail-auth']

describe('settings that are valid and yet unsafe', () => {
  test.each<[string, object, string]>([
    ['debug is on', { debug: true }, 'warn configuration.debug'],
    ['a cookie without Secure', { cookie: { secure: false } }, 'warn configuration.debug'],
    ['a plain dashboard', { frontend: { url: 'http://app.example.com' } }, 'warn configuration.https'],
    ['a plain origin', { allowedOrigins: ['http://app.example.com'] }, 'warn configuration.https'],
    ['a plain webhook', { stripe: { webhookBaseUrl: 'http://a.example.com' } }, 'warn configuration.https'],
    ['no credentials of the mail route', { mailAuth: { user: 'mail' } }, 'broken configuration.mail-auth'],
    ['an unknown key', { jwtKye: 'x' }, 'warn configuration.warning'],
    ['exchange by id', { exchangeById: true }, 'warn configuration.warning'],
  ])('%s', (_, keys, expected) => {
    expect(judge(keys)).toContain(expected)
  })

  test('a safe one has nothing', () => {
    expect(judge({ frontend: { url: 'https://app.example.com' } })).toEqual(FINE)
  })
})

describe('the files', () => {
  const file = (mode: number) => ({ path: '/app/config/config.yaml', mode: 0o100000 | mode })
  test.each([
    ['everybody reads the secrets within', file(0o644), true, 'warn'],
    ['everybody reads, and there is no secret within', file(0o644), false, 'ok'],
    ['everybody writes', file(0o666), false, 'broken'],
    ['closed to others', file(0o640), true, 'ok'],
  ])('%s', (_, config, secretIn, state) => {
    expect(judgeFiles(config, [], secretIn)).toMatchObject([{ id: 'configuration.file-mode', state }])
  })

  test('a secret file that everybody reads is named', () => {
    const secret = { path: '/run/secrets/jwt', mode: 0o100444 }
    expect(judgeFiles(file(0o600), [secret], false)).toMatchObject([
      { id: 'configuration.file-mode', state: 'warn', evidence: { path: '/run/secrets/jwt', mode: '444' } },
    ])
  })
})
