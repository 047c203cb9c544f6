import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseConfig } from '../../../lib/config.ts'
import { KEY, loadSample, loadText, problemsOf } from './config-sample.ts'

const MINIMAL = {
  jwtKey: KEY,
  kratos: { url: 'http://k', adminUrl: 'http://k' },
  database: { file: 'x' },
}
const NUMERIC_LOOKING = fc.oneof(
  fc.stringMatching(/^[+-]?[0-9][0-9_]{0,12}(\.[0-9]{0,6})?([eE][+-]?[0-9]{1,3})?$/),
  fc.stringMatching(/^0x[0-9a-fA-F]{1,8}$|^0o?[0-7]{1,8}$/),
  fc.constantFrom('.inf', '-.INF', '.nan', 'true', 'False', 'YES', 'off', '1e400', '00', '-0'),
)

test('a whole number is read alike as number and as text', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), fc.nat(4), (port, zeros) => {
      expect(parseConfig({ ...MINIMAL, port }, { env: {} }).config.port).toBe(port)
      for (const yaml of [`port: ${port}`, `port: "${port}"`, `port: ' ${'0'.repeat(zeros)}${port} '`]) {
        expect(loadSample(yaml).config.port).toBe(port)
      }
    }),
  )
})

test('a price is read alike as number and as text', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (price) => {
      for (const yaml of [`${price}`, `"${price}"`]) {
        const { config } = loadSample(`paymentTier: { tierName: T, price: ${yaml} }`)
        expect(config.tiers[0]!.price).toBeCloseTo(price, 12)
      }
    }),
  )
})

test('a flag is read from each of its words in any case', () => {
  const words = fc.constantFrom(
    ...(['true', 'yes', 'on', '1'] as const).map((word) => ({ word, flag: true })),
    ...(['false', 'no', 'off', '0'] as const).map((word) => ({ word, flag: false })),
  )
  fc.assert(
    fc.property(words, fc.boolean(), fc.boolean(), ({ word, flag }, upper, quoted) => {
      const text = upper ? word.toUpperCase() : word
      expect(loadSample(`renewOnUse: ${quoted ? `"${text}"` : text}`).config.renewOnUse).toBe(flag)
    }),
  )
})

test('what is neither number nor flag is refused where one is expected', () => {
  const others = fc
    .string({ minLength: 1 })
    .filter((text) => text.trim() !== '' && Number.isNaN(Number(text)) && !text.includes('$'))
  fc.assert(
    fc.property(others, (text) => {
      fc.pre(!/^\s*(?:yes|no|on|off|true|false)\s*$/i.test(text))
      const lines = problemsOf(() => parseConfig({ ...MINIMAL, port: text, debug: text }, { env: {} }))
      expect(lines.map((line) => line.split(':')[0])).toEqual(['port', 'debug'])
    }),
  )
})

test('an unquoted password keeps every character that was written', () => {
  fc.assert(
    fc.property(NUMERIC_LOOKING, (password) => {
      const { config } = loadSample(`nats: { password: ${password} }\nmailAuth:\n  password: ${password}`)
      expect(config.nats.password).toBe(password)
      expect(config.mailAuth.password).toBe(password)
    }),
  )
})

test('any text survives YAML as a password', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (password) => {
      fc.pre(!password.includes('$'))
      const { config } = loadText(stringify({ ...MINIMAL, nats: { password } }))
      expect(config.nats.password).toBe(password)
    }),
  )
})

test('what a variable holds is never read again, as YAML or as a reference', () => {
  const fragment = fc.oneof(
    fc.string(),
    fc.constantFrom(
      `\${KEY}`,
      `$\${`,
      '\n',
      ': ',
      '{a: 1}',
      '- x',
      '"',
      "'",
      '#',
      'null',
      '~',
      '!!binary',
      '&a',
      '*a',
    ),
  )
  const values = fc.array(fragment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(values, (value) => {
      fc.pre(value !== '')
      const { config, warnings } = loadSample(
        `issuer: \${V}\nnats: { password: "\${V}", token: "<\${V}>" }`,
        { V: value, KEY },
      )
      expect(config.issuer).toBe(value)
      expect(config.nats).toMatchObject({ password: value, token: `<${value}>` })
      expect(warnings).toEqual([])
    }),
  )
})

test('a secret never appears in a problem or a warning, wherever it is put', () => {
  const places = [
    (secret: string) => ({ jwtKey: [secret, { a: secret }] }),
    (secret: string) => ({ jwtKey: secret, port: secret, debug: secret }),
    (secret: string) => ({ database: secret }),
    (secret: string) => ({ database: { password: [secret], port: `\${S}` } }),
    (secret: string) => ({ stripe: { secretKey: secret, rootAppUrl: `http://x:${secret}@y` } }),
    (secret: string) => ({ hydra: { hydraLoginToken: { nested: secret } } }),
    (secret: string) => ({ token: { es256Keys: [{ kid: 'a', privateKey: secret }, secret] } }),
    (secret: string) => ({ jwtKey_FILE: secret }),
    (secret: string) => ({ nats: { url: `nats://u:${secret}@:bad:`, password: { x: secret } } }),
    (secret: string) => ({ kratos: { url: `https://me:${secret}@`, adminUrl: 'none' } }),
    (secret: string) => ({ s3Config: { secret, endpoint: secret } }),
  ]
  const secrets = fc.string({ minLength: 12, maxLength: 31 }).map((text) => `S3cr3t${text}`)
  fc.assert(
    fc.property(secrets, fc.constantFrom(...places), fc.boolean(), (secret, place, asYaml) => {
      fc.pre(!secret.includes(`\${`))
      const value = { ...place(secret), log: { level: 'none' } }
      const env = { S: secret }
      const lines = problemsOf(() => (asYaml ? loadText(stringify(value), env) : parseConfig(value, { env })))
      expect(lines.join('\n')).not.toContain('S3cr3t')
    }),
    { numRuns: 500 },
  )
})

test('any value at all is answered with a configuration or named problems', () => {
  const keys = fc.constantFrom(
    'port',
    'jwtKey',
    'kratos',
    'database',
    'users',
    'stripe',
    'token',
    'paymentTiers',
    'nats',
    'backup',
  )
  fc.assert(
    fc.property(fc.dictionary(keys, fc.anything({ withNullPrototype: true })), (value) => {
      const lines = problemsOf(() => parseConfig({ ...value, log: { level: 'none' } }, { env: {} }))
      for (const line of lines) expect(line).toMatch(/^.+: expected .+, found .+$/)
    }),
  )
})
