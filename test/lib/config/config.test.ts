import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { configFromJsonBindings } from '../../../lib/config/json-bindings.ts'
import { allowedOrigins, configFromBindings, parseConfig } from '../../../lib/config.ts'
import { KEY, loadSample, loadText, problemsOf } from './config-sample.ts'

const FIXTURE = readFileSync(new URL('../../fixtures/config/compose-rendered.yaml', import.meta.url), 'utf8')

describe('a rendering of the compose template', () => {
  const { config, warnings } = loadText(FIXTURE)

  test('loads with a warning about its short key alone', () => {
    expect(warnings).toEqual(['jwtKey[0] has 9 bytes; at least 32 are needed when debug is off'])
  })

  test('gives each value the type that the program wants', () => {
    expect(config).toMatchObject({
      port: 8000,
      debug: true,
      requireGenderExtra: false,
      jwtKey: ['change-me'],
      cookie: { httpOnly: true, secure: false, sameSite: 'Lax' },
      database: { host: 'mysql', port: 3306, password: '1234' },
      kratos: { url: 'http://kratos:4433', adminUrl: 'http://kratos:4434' },
      hydra: { hydraLoginToken: ['1234'] },
      mailAuth: { port: 8001, host: '0.0.0.0', password: '1234' },
      backup: { databases: [{ dbname: 'authlance' }, { dbname: 'kratos' }, { dbname: 'hydra' }] },
      stripe: { trialPeriodDays: 14, frontEndBasePath: '/app' },
      appStore: { enabled: false, rootCerts: ['/app/config/AppleRootCA-G3.pem'], allowSandbox: true },
      license: { refreshInterval: 30 * 60_000, gracePeriodDays: 45 },
      events: { disableUserAuthenticated: false, disableSubscriptionEvents: false },
      personalAccessTokens: {
        routeScopes: [
          { path: '/authlance/identity/api/v1/profile/*', scope: 'public_scope' },
          { method: 'GET', path: '/authlance/identity/api/v1/subscriptions/tiers', scope: 'public_scope' },
        ],
      },
    })
  })

  test('treats empty texts and entries as absent', () => {
    expect(config.s3Config).toEqual({})
    expect(config.stripe.secretKey).toBeUndefined()
    expect(config.users).toEqual([
      { email: 'admin@example.com', admin: true, firstName: 'Ada', lastName: 'Min', groups: ['sysadmin'] },
      { email: 'user@example.com', admin: false, groups: [] },
    ])
  })

  test('makes the single tier the only one', () => {
    expect(config.tiers).toEqual([
      {
        tierName: 'Standard',
        lookupKey: 'standard_monthly',
        price: 9.9,
        billingCycle: 'monthly',
        maxMembers: 0,
        pricingTiers: [],
        platforms: [],
        variants: [],
      },
    ])
  })

  test('allows the origins of the frontend URLs', () => {
    expect(allowedOrigins(config)).toEqual(['http://localhost:3000'])
  })

  test('is refused without debug, for its short key', () => {
    expect(problemsOf(() => loadText(FIXTURE.replace('debug: "true"', 'debug: "false"')))).toEqual([
      'jwtKey: expected a key of at least 32 bytes (shorter ones need debug: true), found one of 9 bytes',
    ])
  })
})

test('the result is frozen to its depths', () => {
  const { config } = loadSample('users: [{ email: a@example.com, groups: [x] }]')
  expect(() => Object.assign(config.kratos, { url: 'http://other' })).toThrow(TypeError)
  expect(() => config.users[0]!.groups.push('y')).toThrow(TypeError)
})

test('the minimal configuration is secure by default', () => {
  const { config, warnings } = loadSample()
  expect(warnings).toEqual([])
  expect(config).toMatchObject({
    host: '0.0.0.0',
    debug: false,
    exchangeById: false,
    cookie: { secure: true, httpOnly: true },
  })
  expect(allowedOrigins(config)).toEqual([])
})

describe('problems', () => {
  test('all of them are named at once', () => {
    const text = `
port: 99999
kratos: { url: 'ftp://kratos' }
users: [{ email: nobody }]
log: { level: loud }
license: { refreshInterval: 30 }
stripe: none
`
    expect(problemsOf(() => loadText(text))).toEqual([
      'port: expected a whole number from 0 to 65535, found "99999"',
      'jwtKey: expected a key of at least 32 bytes, or a list of them, found nothing',
      'kratos.url: expected an http or https URL without credentials, query or fragment, found "ftp://kratos"',
      'kratos.adminUrl: expected an http or https URL without credentials, query or fragment, found nothing',
      'users[0].email: expected an e-mail address, found "nobody"',
      'stripe: expected a map, found a text of 4 characters',
      'license.refreshInterval: expected a length of time such as 30m or 1h30m, up to 24d, found "30"',
      'log.level: expected one of trace, debug, info, warn, error, fatal, silent, found "loud"',
      'database: expected either file, or host with user and dbname, or planetscale, found none of them',
    ])
  })

  test.each([
    [
      'database: { file: a, host: b }',
      'database: expected either file, or host with user and dbname, or planetscale, found file and host',
    ],
    [
      'database: { host: b, user: u }',
      'database.dbname: expected a text, as database.host is given, found nothing',
    ],
    [
      'database: { planetscale: { host: h, username: u } }',
      'database.planetscale.password: expected a text, or else a url, found nothing',
    ],
    [
      'cookie: { sameSite: None, secure: false }',
      'cookie.sameSite: expected Lax or Strict, as cookie.secure is false, found "None"',
    ],
    [
      'token: { algorithm: ES256 }',
      'token.es256Keys: expected a key that is not retired, as token.algorithm is ES256, found none',
    ],
    [
      'token: { es256Keys: [{ kid: a, privateKey: nonsense }] }',
      'token.es256Keys[0].privateKey: expected a P-256 private key, as PKCS #8 PEM or JWK, found a text of 8 characters',
    ],
    [
      'paymentTier: { tierName: A }\npaymentTiers: [{ tierName: A }]',
      'paymentTiers[0].tierName: expected a name that is used once, found a repeated one',
    ],
    [
      'users: [{ email: a@example.com }, { email: b@example.com }, { email: A@Example.com, admin: true }]',
      'users[2].email: expected an address that is used once, found a repeated one',
    ],
    [
      'trustedProxies: [10.0.0.0/8, proxy]',
      'trustedProxies[1]: expected an IP address or CIDR network, found "proxy"',
    ],
    [
      'allowedOrigins: ["*"]',
      'allowedOrigins[0]: expected an origin such as https://app.example.com, found "*"',
    ],
    ['debug: perhaps', 'debug: expected true or false, found "perhaps"'],
    [
      'cookieDomain: "https://example.com"',
      'cookieDomain: expected a host name, found "https://example.com"',
    ],
  ])('%s', (yaml, problem) => {
    expect(problemsOf(() => loadSample(yaml))).toContain(problem)
  })

  test('a missing jwtKey is refused with debug, too', () => {
    expect(problemsOf(() => loadSample('jwtKey: ""\ndebug: true'))).toEqual([
      'jwtKey: expected a key of at least 32 bytes, or a list of them, found nothing',
    ])
  })

  test('every key of a list is measured in bytes', () => {
    const lines = problemsOf(() => loadSample(`jwtKey: [${KEY}, short, ${'ä'.repeat(16)}]`))
    expect(lines).toEqual([
      'jwtKey[1]: expected a key of at least 32 bytes (shorter ones need debug: true), found one of 5 bytes',
    ])
  })

  test('broken YAML is told by its place and none of its text', () => {
    expect(problemsOf(() => loadText('a: 1\nb: "hunter2'))).toEqual([
      'YAML line 2, column 12: expected valid YAML, found no colon, comma or closing quote where one is needed',
    ])
    expect(problemsOf(() => loadText('jwtKey: *hunter2')).join()).not.toContain('hunter2')
  })

  test('aliases that multiply without end are refused', () => {
    const layers = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    )
    expect(problemsOf(() => loadText(['l0: &l0 [x]', ...layers].join('\n')))).toEqual([
      'YAML: expected valid YAML, found an alias that cannot be resolved',
    ])
  })
})

describe('warnings', () => {
  test('name unknown keys at every depth, with the one that was meant', () => {
    const { warnings } = loadSample(`
jwt_key: x
kratos: { url: 'http://k', adminURL: 'http://k', adminUrl: 'http://k' }
users: [{ email: a@example.com, fristName: A }]
database: { file: x, pasword: y }
whatever: { a: 1 }
`)
    expect(warnings).toEqual([
      'unknown key kratos.adminURL (did you mean kratos.adminUrl?)',
      'unknown key database.pasword (did you mean database.password?)',
      'unknown key users[0].fristName (did you mean users[0].firstName?)',
      'unknown key jwt_key (did you mean jwtKey?)',
      'unknown key whatever',
    ])
  })

  test('tell of an exchange by id alone', () => {
    expect(loadSample('exchangeById: yes').warnings).toEqual([
      'exchangeById lets whoever knows the id of a session sign in with it',
    ])
  })

  test('a key named __proto__ is only unknown', () => {
    const { config, warnings } = loadSample('__proto__: { debug: true }')
    expect(warnings).toEqual(['unknown key __proto__'])
    expect(config.debug).toBe(false)
  })
})

describe('values', () => {
  test('URLs lose their trailing slashes and origins their paths', () => {
    const { config } = loadSample(`
kratos: { url: ' http://k:1/base// ', adminUrl: 'https://k/' }
allowedOrigins: HTTPS://App.Example.com:443/, http://localhost:3000
frontend: { url: 'https://app.example.com/x' }
`)
    expect(config.kratos).toMatchObject({ url: 'http://k:1/base', adminUrl: 'https://k' })
    expect(allowedOrigins(config)).toEqual(['https://app.example.com', 'http://localhost:3000'])
  })

  test('several tiers keep their order behind the default one', () => {
    const { config } = loadSample(`
paymentTier: { tierName: Default }
paymentTiers:
  - { tierName: Team, price: 20, platforms: 'web, ios', ios_product_id: 42, pricingTiers: [{ upTo: 5, unitPrice: 1.5 }] }
  - { tierName: Once, variants: [{ label: Life, billingModel: perpetual_auto, lookupKey: life, price: 99 }] }
`)
    expect(config.tiers.map((tier) => tier.tierName)).toEqual(['Default', 'Team', 'Once'])
    expect(config.tiers[1]).toMatchObject({
      platforms: ['web', 'ios'],
      ios_product_id: '42',
      pricingTiers: [{ upTo: 5, unitPrice: 1.5, setupPrice: 0 }],
    })
    expect(config.tiers[2]!.variants[0]).toMatchObject({ billingModel: 'perpetual_auto', price: 99 })
  })

  test('a map of nothing but empty values is absent', () => {
    const { config } = loadSample('paymentTier: { tierName: "", price: "" }\nusers: [{ email: "" }]')
    expect(config.tiers).toEqual([])
    expect(config.users).toEqual([])
  })

  test('lengths of time add up', () => {
    expect(loadSample('license: { refreshInterval: 1h30m }').config.license.refreshInterval).toBe(5_400_000)
  })

  test('merge keys and anchors work', () => {
    const { config } = loadSample('x: &u { firstName: A }\nusers: [{ <<: *u, email: a@example.com }]')
    expect(config.users[0]!.firstName).toBe('A')
  })
})

describe('bindings of an edge runtime', () => {
  const CONFIG = {
    jwtKey: `\${JWT_KEY}`,
    kratos: { url: 'http://k', adminUrl: 'http://k' },
    database: { planetscale: { url: `\${DATABASE_URL}` } },
  }
  const secrets = { JWT_KEY: KEY, DATABASE_URL: 'https://u:p@db', OTHER: { fetch: () => undefined } }

  test.each([
    [
      'YAML',
      `jwtKey: \${JWT_KEY}\nkratos: { url: http://k, adminUrl: http://k }\ndatabase: { planetscale: { url: "\${DATABASE_URL}" } }`,
    ],
    ['JSON', JSON.stringify(CONFIG)],
    ['an object', CONFIG],
  ])('CONFIG may be %s and refers to the others', (_, value) => {
    const { config } = configFromBindings({ ...secrets, CONFIG: value })
    expect(config).toMatchObject({ jwtKey: [KEY], database: { planetscale: { url: 'https://u:p@db' } } })
  })

  test('JSON alone needs no YAML reader', () => {
    expect(configFromJsonBindings({ ...secrets, CONFIG: JSON.stringify(CONFIG) }).config.jwtKey).toEqual([
      KEY,
    ])
    expect(problemsOf(() => configFromJsonBindings({ CONFIG: '{ hunter2' }))).toEqual([
      'CONFIG: expected JSON, found a text of 9 characters',
    ])
  })

  test('without CONFIG the required keys are named', () => {
    const keys = problemsOf(() => configFromBindings({})).map((line) => line.split(':')[0])
    expect(keys).toEqual(['jwtKey', 'kratos.url', 'kratos.adminUrl', 'database'])
  })

  test('files cannot be read there', () => {
    const { jwtKey: _, ...rest } = CONFIG
    expect(problemsOf(() => parseConfig({ ...rest, jwtKey_FILE: '/k' }, { env: secrets as never }))).toEqual([
      'jwtKey_FILE: expected a value, as files cannot be read here, found a path',
    ])
  })
})
