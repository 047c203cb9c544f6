import { describe, expect, it } from 'vitest'
import { grantedScopes, type TokenGrant } from '../../../lib/identity/granted-scopes.ts'
import { noMetrics } from '../../../lib/metrics.ts'
import { createHydra } from '../../../lib/ory/hydra.ts'
import type { SendText } from '../../../lib/ory/send-text.ts'
import { recordLog } from '../../parts/record-log.ts'

const TRACE = { requestId: 'r', traceparent: '00-0-0-01' }
const GRANT: TokenGrant = {
  clientId: 'app',
  subject: 'ada',
  grantTypes: ['authorization_code'],
  requestedScopes: ['openid', 'email', 'roles'],
  grantedScopes: [],
  consentChallenge: 'this-consent',
  loginSession: 'this-login',
}

interface Consent {
  challenge: string
  client?: string
  scopes: string[] | null
  remember?: boolean
  login?: string
}

/** Services before a Hydra that lists these consents; without any list it is away. */
function services(consents?: Consent[]) {
  const asked: URLSearchParams[] = []
  const send: SendText = async (url) => {
    if (!consents) throw new Error('refused')
    const { searchParams } = new URL(url)
    asked.push(searchParams)
    const login = searchParams.get('login_session_id')
    const found = consents.filter((consent) => !login || consent.login === login)
    const list = found.map(({ challenge, client = 'app', scopes, remember }) => ({
      grant_scope: scopes,
      remember,
      consent_request: { challenge, client: { client_id: client } },
    }))
    return { status: 200, text: JSON.stringify(list), retryAfter: null, link: null }
  }
  const hydra = createHydra({ adminUrl: 'http://hydra', timeoutMs: 100 }, noMetrics, send)
  return { hydra: hydra!, log: recordLog(), asked }
}

describe('the granted scopes', () => {
  it.each([
    ['that Hydra tells', { grantedScopes: ['email'] }, ['email']],
    ['of a refresh, where none means none', { grantTypes: ['refresh_token'] }, []],
    ['of a grant without consent', { consentChallenge: '' }, []],
    ['when none were asked for', { requestedScopes: [] }, []],
  ])('%s need no question', async (_, told, scopes) => {
    const env = services([])
    expect(await grantedScopes(env, { ...GRANT, ...told }, TRACE)).toEqual(scopes)
    expect(env.asked).toEqual([])
  })

  it('of a code are those of its own consent, found by the login in one question', async () => {
    const env = services([
      { challenge: 'another', scopes: ['roles'], remember: true, login: 'this-login' },
      { challenge: 'this-consent', scopes: ['openid', 'email'], login: 'this-login' },
    ])
    expect(await grantedScopes(env, GRANT, TRACE)).toEqual(['openid', 'email'])
    expect(env.asked.map((query) => query.get('subject'))).toEqual(['ada'])
  })

  it('of a consent that granted nothing are none, whatever is remembered', async () => {
    const env = services([
      { challenge: 'this-consent', scopes: null, login: 'this-login' },
      { challenge: 'earlier', scopes: GRANT.requestedScopes, remember: true },
    ])
    expect(await grantedScopes(env, GRANT, TRACE)).toEqual([])
  })

  it('are found without the login too', async () => {
    const env = services([{ challenge: 'this-consent', scopes: ['email'], login: 'a-login' }])
    const { loginSession: _, ...grant } = GRANT
    expect(await grantedScopes(env, grant, TRACE)).toEqual(['email'])
  })

  it('where nobody was asked are what was asked for and the newest consent to this client covers', async () => {
    const env = services([
      { challenge: 'a', scopes: ['roles'], remember: false },
      { challenge: 'b', scopes: ['roles'], remember: true, client: 'another-app' },
      { challenge: 'c', scopes: ['openid', 'email', 'groups'], remember: true },
      { challenge: 'd', scopes: ['roles'], remember: true },
    ])
    expect(await grantedScopes(env, GRANT, TRACE)).toEqual(['openid', 'email'])
  })

  it('cannot be told while Hydra’s admin API is away: the token waits', async () => {
    await expect(grantedScopes(services(), GRANT, TRACE)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    })
  })

  it('without an admin API are none, and the log says why', async () => {
    const log = recordLog()
    expect(await grantedScopes({ log }, GRANT, TRACE)).toEqual([])
    expect(log.lines).toMatchObject([{ level: 'warn' }, { level: 'warn' }])
  })
})
