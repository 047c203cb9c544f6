import { describe, expect, test } from 'vitest'
import { redactConfig, secretValues } from '../../../lib/config.ts'
import { KEY, loadSample, loadText, problemsOf } from './config-sample.ts'

const DATABASE = 'database: { host: h, user: u, dbname: d'

describe('references', () => {
  test('are replaced, with their default when unset or empty', () => {
    const { config } = loadSample(
      `issuer: '\${A}-\${B:-b}-\${C:-c}'\nport: '\${PORT:-9000}'\nkratos: { url: "\${K}", adminUrl: "http://\${HOST}:1" }`,
      { A: 'a', C: '', K: 'http://k', HOST: 'h' },
    )
    expect(config).toMatchObject({
      issuer: 'a-b-c',
      port: 9000,
      kratos: { url: 'http://k', adminUrl: 'http://h:1' },
    })
  })

  test('that are unset stop the start by the name of their variable', () => {
    const text = `jwtKey: \${JWT}\nkratos: { url: "\${K}", adminUrl: "\${K:-}" }\ndatabase: { file: x }`
    expect(problemsOf(() => loadText(text))).toEqual([
      'jwtKey: expected the environment variable JWT, found it unset',
      'kratos.url: expected the environment variable K, found it unset',
      'kratos.adminUrl: expected an http or https URL without credentials, query or fragment, found nothing',
    ])
  })

  test('an empty variable is an absent value', () => {
    expect(loadSample(`issuer: "\${ISSUER}"`, { ISSUER: '' }).config.issuer).toBe('authlance')
  })

  test('a doubled dollar keeps the braces', () => {
    expect(loadSample(`issuer: '$\${A}'`).config.issuer).toBe(`\${A}`)
  })

  test('of another form are refused', () => {
    for (const issuer of [`\${A:?no}`, `\${1}`, `\${A`]) {
      expect(problemsOf(() => loadSample(`issuer: '${issuer}'`, { A: 'a' }))[0]).toMatch(
        /^issuer: expected references/,
      )
    }
  })

  test('a comma separated list may be one reference', () => {
    const { config } = loadSample(`allowedOrigins: "\${ORIGINS}"`, { ORIGINS: 'http://a, http://b' })
    expect(config.allowedOrigins).toEqual(['http://a', 'http://b'])
  })
})

describe('secret files', () => {
  test('give any secret, without the newline at their end', () => {
    const { config } = loadSample(
      `jwtKey_FILE: /k\nstripe: { secretKeyFile: /s }\n${DATABASE}, password_FILE: "\${DIR}/p" }`,
      { DIR: '/d' },
      { '/k': `${KEY}\n`, '/s': 'sk\r\n', '/d/p': ` pass \${word}\n\n` },
    )
    expect(config.jwtKey).toEqual([KEY])
    expect(config.stripe.secretKey).toBe('sk')
    expect(config.database.password).toBe(` pass \${word}\n`)
  })

  test('give a list of keys for rotation', () => {
    const { config } = loadSample(
      'jwtKey_FILE: [/new, /old]',
      {},
      { '/new': `${KEY}1\n`, '/old': `${KEY}0\n` },
    )
    expect(config.jwtKey).toEqual([`${KEY}1`, `${KEY}0`])
  })

  test('stand in for a variable of which only NAME_FILE is set', () => {
    const { config } = loadSample(`jwtKey: \${JWT}`, { JWT_FILE: '/k' }, { '/k': `${KEY}\n` })
    expect(config.jwtKey).toEqual([KEY])
    expect(problemsOf(() => loadSample(`issuer: \${NAME}`, { NAME_FILE: '/k' }, { '/k': 'x' }))).toEqual([
      'issuer: expected the environment variable NAME, found it unset',
    ])
  })

  test.each([
    [
      'both given',
      `jwtKey: ${KEY}\njwtKey_FILE: /k`,
      'jwtKey_FILE: expected the secret or its file, found both',
    ],
    ['unreadable', 'jwtKey_FILE: /none', 'jwtKey_FILE: expected a file that can be read, found no such file'],
    ['empty', 'jwtKey_FILE: /empty', 'jwtKey_FILE: expected a file with a secret, found an empty file'],
    ['no path', 'jwtKey_FILE: { a: 1 }', 'jwtKey_FILE: expected the path of a file, found something else'],
    ['both variables', `jwtKey: "\${J}"`, 'jwtKey: expected one of J and J_FILE, found both'],
  ])('%s is a problem', (_, yaml, problem) => {
    const env = { J: KEY, J_FILE: '/k' }
    expect(problemsOf(() => loadSample(yaml, env, { '/k': KEY, '/empty': '\n' }))).toEqual([problem])
  })

  test('are for secrets alone', () => {
    expect(loadSample('issuer_FILE: /k', {}, { '/k': 'x' }).warnings).toEqual(['unknown key issuer_FILE'])
  })
})

describe('what may be shown', () => {
  const { config } = loadSample(
    `
jwtKey: [${KEY}, ${KEY}0]
hydra: { hydraLoginToken: hydra-token }
${DATABASE}, password: 00123 }
s3Config: { key: access, secret: s3-secret }
backup: { databases: [{ dbname: d, password: dump-secret }] }
nats: { url: 'nats://me:nats-secret@n' }
stripe: { secretKey: sk, webhookSecret: whsec }
mailAuth: { user: mail, password: mail-secret }
token: { es256Keys: [{ kid: a, privateKey: { kty: EC, crv: P-256, d: "\${D}" } }] }
`,
    { D: 'private"part' },
  )

  test('secretValues lists every secret, the longest first', () => {
    expect(secretValues(config)).toEqual([
      '{"kty":"EC","crv":"P-256","d":"private\\"part"}',
      `${KEY}0`,
      KEY,
      'hydra-token',
      'nats-secret',
      'mail-secret',
      'dump-secret',
      's3-secret',
      'access',
      '00123',
      'whsec',
      'sk',
    ])
  })

  test('redactConfig hides them and keeps the rest', () => {
    const shown = JSON.stringify(redactConfig(config))
    for (const secret of secretValues(config).slice(1, 9)) expect(shown).not.toContain(secret)
    expect(redactConfig(config)).toMatchObject({
      jwtKey: ['[redacted]', '[redacted]'],
      database: { host: 'h', password: '[redacted]' },
      nats: { url: 'nats://n', user: 'me', password: '[redacted]' },
      kratos: { url: 'http://kratos:4433' },
    })
  })

  test('a problem does not repeat a secret that stands in the wrong place', () => {
    const lines = problemsOf(() =>
      loadSample(`jwtKey: ${KEY}\nport: "\${JWT}"\nkratos: { url: 'http://u:hunter2@k', adminUrl: 'x' }`, {
        JWT: KEY,
      }),
    )
    expect(lines).toEqual([
      'port: expected a whole number from 0 to 65535, found a text of 32 characters',
      'kratos.url: expected an http or https URL without credentials, query or fragment, found a text of 18 characters',
      'kratos.adminUrl: expected an http or https URL without credentials, query or fragment, found "x"',
    ])
  })

  test('a short secret does not hide what only resembles it', () => {
    const found = (port: string) => problemsOf(() => loadSample(`port: ${port}\nnats: { password: x1 }`))[0]
    expect(found('x12')).toContain('found "x12"')
    expect(found('x1')).toContain('found a text of 2 characters')
  })
})
