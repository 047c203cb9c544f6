import { describe, expect, test } from 'vitest'
import { requireServiceCredential } from '../../../lib/auth/service-credential.ts'
import type { Config } from '../../../lib/config.ts'
import { ApiError } from '../../../lib/http/errors.ts'
import type { ServiceAccess } from '../../../lib/http/operation.ts'

type Services = Pick<Config, 'mailAuth' | 'hydra'>

const services = (mailAuth: object, hydraLoginToken: string[]) =>
  ({ mailAuth: { port: 0, ...mailAuth }, hydra: { hydraLoginToken } }) as unknown as Services

const configured = services({ user: 'kratos', password: 'pass:wörd' }, ['old-token', 'new-token'])
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

async function codeOf(access: ServiceAccess, authorization: string | null, config = configured) {
  const headers: Record<string, string> = authorization === null ? {} : { authorization }
  const request = new Request('http://127.0.0.1/', { headers })
  try {
    await requireServiceCredential(request, access, config)
    return 'admitted'
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError)
    return (error as ApiError).code
  }
}

describe('mailBasic', () => {
  test.each([basic('kratos:pass:wörd'), basic('kratos:pass:wörd').replace('Basic', 'basic')])(
    'admits %s',
    async (header) => {
      expect(await codeOf('mailBasic', header)).toBe('admitted')
    },
  )

  test.each([
    null,
    '',
    'Basic',
    basic('kratos:other'),
    basic('other:pass:wörd'),
    basic('kratos:pass:wörd '),
    basic('kratos:'),
    `Bearer ${basic('kratos:pass:wörd').slice(6)}`,
    `${basic('kratos:pass:wörd')}, Basic eA==`,
  ])('refuses %s', async (header) => {
    expect(await codeOf('mailBasic', header)).toBe('credentials_invalid')
  })

  test.each([{}, { user: 'kratos' }, { password: 'x' }])('admits nobody with %o', async (mailAuth) => {
    const config = services(mailAuth, [])
    for (const text of [':', 'kratos:', ':x', 'undefined:undefined', 'kratos:undefined'])
      expect(await codeOf('mailBasic', basic(text), config)).toBe('credentials_invalid')
  })
})

describe('hydraBearer', () => {
  test.each(['old-token', 'new-token'])('admits each token of the list: %s', async (token) => {
    expect(await codeOf('hydraBearer', `Bearer ${token}`)).toBe('admitted')
  })

  test.each([null, 'Bearer', 'Bearer old', 'Bearer old-token new-token', basic('old-token')])(
    'refuses %s',
    async (header) => expect(await codeOf('hydraBearer', header)).toBe('credentials_invalid'),
  )

  test('admits nobody when no token is configured', async () => {
    expect(await codeOf('hydraBearer', 'Bearer undefined', services({}, []))).toBe('credentials_invalid')
  })
})

test('a refusal names the scheme and no secret', async () => {
  const request = new Request('http://127.0.0.1/')
  const refusal = await requireServiceCredential(request, 'mailBasic', configured).catch((error) => error)
  expect([refusal.status, refusal.headers['www-authenticate']]).toEqual([401, 'Basic realm="authlance"'])
  expect(JSON.stringify(refusal)).not.toContain('wörd')
})
