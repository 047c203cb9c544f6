import type { Config } from '../config.ts'
import { type Finding, judgeOf } from './finding.ts'
import { isKnownHost, knownHosts, shownUrl } from './known-hosts.ts'
import { authorizationOf, type Settings, textAt, valueAt } from './settings.ts'

const { ok, warn, broken, skipped } = judgeOf('hydra')

const ISSUER_PATH = '/authlance/openid'
const HOOK_PATH = '/authlance/identity/token_hook'
const ISSUER_REMEDY = `set urls.self.issuer in Hydra to https://HOST${ISSUER_PATH}`

/** @param issuer of the discovery document; undefined where there is none */
export function judgeIssuer(issuer: string | undefined, config: Config): Finding {
  const url = URL.parse(issuer ?? '')
  if (!url) return broken('issuer', 'the discovery document names no issuer', ISSUER_REMEDY)
  const shown = shownUrl(url.href)
  const evidence = { issuer: shown }
  if (url.pathname.replace(/\/$/, '') !== ISSUER_PATH) {
    return broken(
      'issuer',
      `the issuer is ${shown}: OpenID clients are sent past this service`,
      ISSUER_REMEDY,
      evidence,
    )
  }
  if (url.protocol !== 'https:' && !config.debug) {
    return broken('issuer', `the issuer is ${shown}, and OpenID clients want https`, ISSUER_REMEDY, evidence)
  }
  return knownHosts(config).size > 0 && !isKnownHost(url.hostname, config)
    ? warn(
        'issuer',
        `the issuer is ${shown}, a host that the configuration does not name`,
        `${ISSUER_REMEDY}, or mend frontend.url and cookieDomain`,
        evidence,
      )
    : ok('issuer', `the issuer is ${shown}`, evidence)
}

/** @param keys how many the key set has; undefined when it could not be read */
export function judgeKeys(keys: number | undefined): Finding {
  return keys
    ? ok('keys', `${keys} keys verify its tokens`, { keys })
    : broken(
        'keys',
        'no key is published to verify its tokens',
        'see its log: its secrets.system may have changed',
      )
}

/** What became of a call of our own token hook with the configured token. */
export type HookProbe = { kind: 'status'; status: number } | { kind: 'away' } | { kind: 'no_port' }

/** @param tokens `hydra.hydraLoginToken` */
export function judgeTokenHook(tokens: readonly string[], probe: HookProbe): Finding {
  if (tokens.length === 0) {
    return broken(
      'token-hook',
      'hydra.hydraLoginToken is missing: Hydra gets no token past the hook',
      'set it, and the same in the token hook of Hydra',
    )
  }
  if (probe.kind === 'no_port')
    return skipped(
      'token-hook',
      'the internal port is any free one, and cannot be asked',
      'set mailAuth.port',
    )
  if (probe.kind === 'away')
    return skipped(
      'token-hook',
      'the service does not run here, so that its token hook was not tried',
      'start it, and try again',
    )
  const { status } = probe
  const evidence = { status }
  if (status === 200 || status === 204)
    return ok('token-hook', 'the token hook takes the configured token', evidence)
  if (status === 401 || status === 403) {
    return broken(
      'token-hook',
      'the service that runs refuses hydra.hydraLoginToken: it has another',
      'start it again with this configuration',
      evidence,
    )
  }
  return broken('token-hook', `the token hook answers ${status}`, 'see the log of the service', evidence)
}

/** What only Hydra's own file tells. */
export function hydraConfigUnread(): Finding {
  return skipped(
    'settings',
    'whether its token hook points here cannot be read through its API',
    'give --hydra-config FILE',
  )
}

/** Whether Hydra's own configuration fits ours. */
export function judgeHydraConfig(settings: Settings, config: Config): Finding[] {
  return [
    judgeConfiguredIssuer(settings, config),
    ...judgeHookSettings(settings, config),
    judgePages(settings, config),
    ...judgeCookies(settings, config),
  ]
}

function judgeConfiguredIssuer(settings: Settings, config: Config): Finding {
  return { ...judgeIssuer(textAt(settings, 'urls.self.issuer'), config), id: 'hydra.issuer-url' }
}

function judgeHookSettings(settings: Settings, { hydra, mailAuth }: Config): Finding[] {
  const hook = valueAt(settings, 'oauth2.token_hook')
  const remedy = `set oauth2.token_hook.url to http://OUR-HOST:${mailAuth.port}${HOOK_PATH}`
  const target = URL.parse((typeof hook === 'string' ? hook : textAt(hook, 'url')) ?? '')
  if (!target)
    return [
      broken(
        'hook-target',
        'Hydra calls no token hook: its tokens have no e-mail, name, groups or roles',
        remedy,
      ),
    ]
  const evidence = { url: shownUrl(target.href) }
  const presented = authorizationOf(hook)?.replace(/^bearer /i, '')
  return [
    target.pathname === HOOK_PATH
      ? ok('hook-target', `Hydra calls ${evidence.url} for each token`, evidence)
      : broken(
          'hook-target',
          `Hydra calls ${evidence.url}, which is not ${HOOK_PATH} of this service`,
          remedy,
          evidence,
        ),
    presented !== undefined && hydra.hydraLoginToken.includes(presented)
      ? ok('hook-auth', 'Hydra presents hydra.hydraLoginToken')
      : broken(
          'hook-auth',
          `Hydra presents ${presented === undefined ? 'no bearer token' : 'another token than hydra.hydraLoginToken'}: no token is issued`,
          'set oauth2.token_hook.auth to an api_key in the header Authorization, with the value `Bearer TOKEN`',
        ),
  ]
}

function judgePages(settings: Settings, config: Config): Finding {
  const pages = ['login', 'consent', 'logout'].map((page) => ({
    page,
    url: URL.parse(textAt(settings, `urls.${page}`) ?? ''),
  }))
  const missing = pages.filter(({ url }) => !url).map(({ page }) => `urls.${page}`)
  if (missing.length > 0) {
    return broken(
      'pages',
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing: nobody can sign in or out at an OpenID client`,
      'set them to the pages of the dashboard',
      { missing },
    )
  }
  const foreign = pages.filter(
    ({ url }) => knownHosts(config).size > 0 && !isKnownHost(url!.hostname, config),
  )
  return foreign.length === 0
    ? ok('pages', 'login, consent and logout are pages of the dashboard')
    : warn(
        'pages',
        `${foreign.map(({ page, url }) => `urls.${page} is at ${url!.host}`).join(', ')}, which the configuration does not name`,
        'set them to the pages of the dashboard, or mend frontend.url',
        { pages: foreign.map(({ page }) => page) },
      )
}

function judgeCookies(settings: Settings, { cookieDomain }: Config): Finding[] {
  const sameSite = textAt(settings, 'serve.cookies.same_site_mode') ?? 'None'
  const domain = textAt(settings, 'serve.cookies.domain')?.replace(/^\./, '')
  const ours = cookieDomain?.replace(/^\./, '')
  const remedy = 'set serve.cookies.same_site_mode to None'
  const judged =
    sameSite === 'Strict'
      ? broken(
          'cookies',
          'SameSite of its cookies is Strict: every sign-in from another site fails',
          remedy,
          { sameSite },
        )
      : sameSite === 'Lax'
        ? warn(
            'cookies',
            'SameSite of its cookies is Lax: a sign-in that an OpenID client frames, or sends by POST, fails',
            remedy,
            { sameSite },
          )
        : ok('cookies', 'its cookies survive the way over other sites', { sameSite })
  if (domain === ours) return [judged]
  const sentence = `its cookies have the domain ${domain ?? 'of the host alone'}, the loopToken ${ours ?? 'of the host alone'}`
  return [
    judged,
    warn('cookie-domain', sentence, 'set serve.cookies.domain to the domain of cookieDomain', { domain }),
  ]
}
