import type { Config } from '../../../lib/config.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import {
  type HookProbe,
  hydraConfigUnread,
  judgeHydraConfig,
  judgeIssuer,
  judgeKeys,
  judgeTokenHook,
} from '../../../lib/doctor/judge-hydra.ts'
import { judgeOryVersion, judgeReady } from '../../../lib/doctor/judge-ory.ts'
import type { Settings } from '../../../lib/doctor/settings.ts'
import { answeredText, ask, readiness } from './ask.ts'
import { localUrl } from './examine-ports.ts'

const { broken, skipped } = judgeOf('hydra')
const OLDEST = '2.0'
const FIRST_KEYS_MS = 8000

/** Hydra through both of its APIs, our own token hook, and Hydra's settings where they are given. */
export async function* examineHydra(config: Config, settings: Settings | undefined): AsyncGenerator<Finding> {
  const { url, adminUrl, timeoutMs } = config.hydra
  if (!url && !adminUrl) {
    yield skipped('public', 'hydra.url is not configured: nobody signs in to other programs with OpenID')
    return
  }
  if (!url || !adminUrl) {
    const [given, missing] = url ? ['hydra.url', 'hydra.adminUrl'] : ['hydra.adminUrl', 'hydra.url']
    yield broken(url ? 'admin' : 'public', `${given} is configured, and ${missing} is not`, `set ${missing}`)
  }
  if (url) yield* examinePublic(config, url)
  if (adminUrl) {
    const ready = await ask(`${adminUrl}/health/ready`, timeoutMs)
    yield judgeReady('hydra', 'admin', 'hydra.adminUrl', readiness(ready))
    if (ready.kind === 'answer') {
      const version = await ask(`${adminUrl}/version`, timeoutMs)
      yield judgeOryVersion('hydra', answeredText(version, 'version'), OLDEST)
    }
  }
  yield judgeTokenHook(config.hydra.hydraLoginToken, await probeTokenHook(config))
  yield* settings ? judgeHydraConfig(settings, config) : [hydraConfigUnread()]
}

async function* examinePublic(config: Config, url: string): AsyncGenerator<Finding> {
  const { timeoutMs } = config.hydra
  const ready = await ask(`${url}/health/ready`, timeoutMs)
  yield judgeReady('hydra', 'public', 'hydra.url', readiness(ready))
  if (ready.kind === 'away') return
  // One after the other: asked for the first time, Hydra makes its keys, which takes seconds.
  const limitMs = Math.max(timeoutMs, FIRST_KEYS_MS)
  const keys = await ask(`${url}/.well-known/jwks.json`, limitMs)
  const discovery = await ask(`${url}/.well-known/openid-configuration`, limitMs)
  yield judgeIssuer(answeredText(discovery, 'issuer'), config)
  const list = keys.kind === 'answer' ? (keys.body as { keys?: unknown } | undefined)?.keys : undefined
  yield judgeKeys(Array.isArray(list) ? list.length : undefined)
}

/** As Hydra calls it for a client that acts for itself, which changes nothing and names nobody. */
async function probeTokenHook({ hydra, mailAuth }: Config): Promise<HookProbe> {
  const [token] = hydra.hydraLoginToken
  if (mailAuth.port === 0) return { kind: 'no_port' }
  const url = `${localUrl(mailAuth.host, mailAuth.port)}/authlance/identity/token_hook`
  const asked = await ask(url, hydra.timeoutMs, {
    method: 'POST',
    headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      session: { id_token: { subject: 'authlance-doctor' }, client_id: 'authlance-doctor' },
      request: {
        client_id: 'authlance-doctor',
        grant_types: ['client_credentials'],
        requested_scopes: [],
        granted_scopes: [],
        granted_audience: [],
        payload: {},
      },
    }),
  })
  return asked.kind === 'answer' ? { kind: 'status', status: asked.status } : { kind: 'away' }
}
