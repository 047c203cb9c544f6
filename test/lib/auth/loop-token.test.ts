import { createHmac, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  escapePayload,
  type LoopTokenClaims,
  signLoopToken,
  verifyLoopToken,
} from '../../../lib/auth/loop-token.ts'
import { importTokenKeys } from '../../../lib/auth/token-keys.ts'

const NOW = Date.UTC(2026, 0, 1)
const SECRET = 'a-shared-secret-of-more-than-32-bytes!'
const OPTIONS = { issuer: 'authlance', clockSkewSeconds: 30, maxBytes: 8192, now: NOW }
const TOKEN = {
  ttlSeconds: 900,
  clockSkewSeconds: 30,
  maxBytes: 8192,
  algorithm: 'HS256' as const,
  es256Keys: [],
}

const keys = await importTokenKeys({ jwtKey: [SECRET], token: TOKEN })

function claims(overrides: Partial<LoopTokenClaims> = {}): LoopTokenClaims {
  const issuedAt = NOW / 1000
  const user = {
    identity: 'identity-1',
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Lovelace',
    roles: [],
    groups: ['ada'],
    groupRoles: [{ group: 'ada', role: 'group-admin', user: 'identity-1' }],
    state: 'active' as const,
    verified: true,
  }
  return {
    iss: 'authlance',
    sub: 'identity-1',
    sid: 'sid-1',
    jti: 'jti-1',
    iat: issuedAt,
    exp: issuedAt + 900,
    gen: 0,
    user,
    ...overrides,
  }
}

function decodeAsDashboard(token: string): { user: unknown } {
  return JSON.parse(atob(token.split('.')[1]!))
}

describe('signLoopToken', () => {
  it('gives a payload that the dashboard decodes with atob on raw base64url', async () => {
    const names = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        names,
        names,
        fc.webUrl({ withQueryParameters: true }),
        async (firstName, lastName, avatar) => {
          const user = { ...claims().user, firstName, lastName, avatar }
          const token = await signLoopToken(claims({ user }), keys)
          expect(decodeAsDashboard(token).user).toEqual(JSON.parse(JSON.stringify(user)))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('escapes every character that could become - or _ in base64url, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        const escaped = escapePayload(json)
        expect(escaped).toMatch(/^[\x20-\x7d]*$/)
        expect(escaped).not.toMatch(/[>?~]/)
        expect(JSON.parse(escaped)).toEqual(JSON.parse(json))
        expect(Buffer.from(escaped).toString('base64url')).not.toMatch(/[-_]/)
      }),
      { numRuns: 2000 },
    )
  })

  it('signs HS256 as siblings with the shared secret verify it', async () => {
    const [header, payload, signature] = (await signLoopToken(claims(), keys)).split('.')
    expect(JSON.parse(atob(header!))).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(signature).toBe(createHmac('sha256', SECRET).update(`${header}.${payload}`).digest('base64url'))
  })
})

describe('verifyLoopToken', () => {
  const verify = (token: string, options = {}) => verifyLoopToken(token, keys, { ...OPTIONS, ...options })
  const sign = (payload: object, alg = 'HS256', secret = SECRET) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

  it('accepts its own token', async () => {
    expect(await verify(await signLoopToken(claims(), keys))).toMatchObject({
      ok: true,
      claims: { sub: 'identity-1', sid: 'sid-1' },
    })
  })

  it('tolerates 30 s of clock skew and no more', async () => {
    const token = await signLoopToken(claims({ exp: NOW / 1000 - 29 }), keys)
    expect(await verify(token)).toMatchObject({ ok: true })
    expect(await verify(token, { now: NOW + 2000 })).toEqual({ ok: false, reason: 'expired' })
  })

  it('reads an expired token only where a sign-out asks for it', async () => {
    const token = await signLoopToken(claims({ exp: NOW / 1000 - 3600 }), keys)
    expect(await verify(token)).toEqual({ ok: false, reason: 'expired' })
    expect(await verify(token, { acceptExpired: true })).toMatchObject({ ok: true, claims: { sid: 'sid-1' } })
  })

  it('refuses an unsecured token', async () => {
    const { iss, exp, iat, ...rest } = claims()
    const token = new UnsecuredJWT({ ...rest })
      .setIssuer(iss)
      .setIssuedAt(iat)
      .setExpirationTime(exp)
      .encode()
    expect(await verify(token)).toMatchObject({ ok: false })
    expect(await verify(token, { acceptExpired: true })).toMatchObject({ ok: false })
  })

  it('refuses another HMAC than the pinned one, even with the right secret', async () => {
    expect(await verify(await sign(claims(), 'HS512', SECRET.repeat(2)))).toEqual({
      ok: false,
      reason: 'signature',
    })
    expect(await verify(await sign(claims(), 'HS384', SECRET.repeat(2)))).toEqual({
      ok: false,
      reason: 'signature',
    })
  })

  it('refuses an HS256 token signed with a public key (key confusion)', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const token = {
      ...TOKEN,
      algorithm: 'ES256' as const,
      es256Keys: [{ kid: 'k1', privateKey: pem, retired: false }],
    }
    const es256 = await importTokenKeys({ jwtKey: [SECRET], token })
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const forged = await sign(claims(), 'HS256', publicPem)
    expect(await verifyLoopToken(forged, es256, OPTIONS)).toEqual({ ok: false, reason: 'signature' })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rs256 = await new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey)
    expect(await verifyLoopToken(rs256, es256, OPTIONS)).toEqual({ ok: false, reason: 'signature' })
  })

  it.each([
    ['a wrong issuer', { iss: 'somebody-else' }],
    ['a missing session', { sid: undefined }],
    ['a missing subject', { sub: undefined }],
    ['a session id that is no string', { sid: 7 }],
    ['a negative generation', { gen: -1 }],
    ['no end', { exp: undefined }],
  ])('refuses %s', async (_, wrong) => {
    expect(await verify(await sign({ ...claims(), ...wrong }))).toEqual({ ok: false, reason: 'claims' })
  })

  it('refuses a token of another secret, an altered one, an over-long one and noise', async () => {
    const token = await signLoopToken(claims(), keys)
    expect(await verify(await sign(claims(), 'HS256', 'another-secret-of-more-than-32-bytes!!'))).toEqual({
      ok: false,
      reason: 'signature',
    })
    const [header, payload, signature] = token.split('.')
    const altered = btoa(atob(payload!).replace('identity-1', 'identity-2')).replace(/=+$/, '')
    expect(await verify(`${header}.${altered}.${signature}`)).toEqual({ ok: false, reason: 'signature' })
    expect(await verify(token + 'a'.repeat(9000))).toEqual({ ok: false, reason: 'malformed' })
    for (const noise of [
      '',
      '.',
      '..',
      'a.b.c',
      '\u0000',
      'pat_abc-def',
      token.slice(0, -1).replace(/\..*\./, '..'),
    ]) {
      expect((await verify(noise)).ok).toBe(false)
    }
  })
})

describe('rotation', () => {
  const NEXT = 'the-next-secret-of-more-than-32-bytes!!'

  it('signs with the first shared key while all verify', async () => {
    const rotated = await importTokenKeys({ jwtKey: [NEXT, SECRET], token: TOKEN })
    expect(await verifyLoopToken(await signLoopToken(claims(), keys), rotated, OPTIONS)).toMatchObject({
      ok: true,
    })
    expect(await verifyLoopToken(await signLoopToken(claims(), rotated), keys, OPTIONS)).toMatchObject({
      ok: false,
    })
  })

  it('keeps the old ES256 key in the JWKS until it is taken out of the configuration', async () => {
    const pem = () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString()
    const [first, second] = [pem(), pem()]
    const withKeys = (es256Keys: { kid: string; privateKey: string; retired: boolean }[]) =>
      importTokenKeys({ jwtKey: [SECRET], token: { ...TOKEN, algorithm: 'ES256', es256Keys } })

    const before = await withKeys([{ kid: 'old', privateKey: first, retired: false }])
    const token = await signLoopToken(claims(), before)
    const during = await withKeys([
      { kid: 'new', privateKey: second, retired: false },
      { kid: 'old', privateKey: first, retired: true },
    ])
    expect(during.jwks.keys.map(({ kid }) => kid)).toEqual(['new', 'old'])
    expect(JSON.stringify(during.jwks)).not.toContain('"d"')
    expect(await verifyLoopToken(token, during, OPTIONS)).toMatchObject({ ok: true })
    const signed = await signLoopToken(claims(), during)
    expect(JSON.parse(atob(signed.split('.')[0]!))).toMatchObject({ alg: 'ES256', kid: 'new' })
    expect(decodeJwt(signed).sub).toBe('identity-1')

    const after = await withKeys([{ kid: 'new', privateKey: second, retired: false }])
    expect(await verifyLoopToken(token, after, OPTIONS)).toMatchObject({ ok: false })
  })

  it('derives unrelated keys for other purposes', async () => {
    const data = new TextEncoder().encode('data')
    const mac = async (label: string) =>
      Buffer.from(await crypto.subtle.sign('HMAC', await keys.derive(label), data)).toString('hex')
    expect(await mac('availability')).toBe(await mac('availability'))
    expect(await mac('availability')).not.toBe(await mac('mail'))
    expect(await mac('availability')).not.toBe(createHmac('sha256', SECRET).update('data').digest('hex'))
  })
})
