import type { Config } from '../config.ts'
import { type Finding, judgeOf } from './finding.ts'
import { shownUrl } from './known-hosts.ts'
import { authorizationOf, basic, type Settings, textAt, valueAt } from './settings.ts'

const { ok, warn, broken } = judgeOf('kratos')

const MAIL_PATH = '/authlance/identity/email'
const HOOK_PATH = '/authlance/identity/email/register'
const BASE_PATH = '/authlance/identity/'

/** Whether Kratos' own configuration fits ours. */
export function judgeKratosConfig(settings: Settings, config: Config): Finding[] {
  return [
    ...judgeCourierTarget(settings, config),
    judgeRegistrationHook(settings, config),
    judgePublicUrl(settings),
    ...judgeCookies(settings, config),
    judgeLeakCheck(settings),
    judgeSchemaIds(settings, config),
    ...judgeProvider(settings, config),
  ]
}

function judgeCourierTarget(settings: Settings, { mailAuth }: Config): Finding[] {
  const request = courierRequest(settings)
  const at = `http://OUR-HOST:${mailAuth.port}${MAIL_PATH}`
  if (!request) {
    const sentence = 'the courier sends no mail over HTTP: none comes here'
    return [broken('courier-target', sentence, `set courier.delivery_strategy to http, and its URL to ${at}`)]
  }
  return [
    judgeTarget('courier-target', 'the courier', textAt(request, 'url'), MAIL_PATH, mailAuth.port),
    judgeAuth('courier-auth', 'the courier', request, mailAuth),
  ]
}

function courierRequest(settings: Settings): unknown {
  const channels = valueAt(settings, 'courier.channels')
  const channel = Array.isArray(channels) && channels.find((one) => textAt(one, 'id') === 'email')
  if (channel) return textAt(channel, 'type') === 'http' ? valueAt(channel, 'request_config') : undefined
  return textAt(settings, 'courier.delivery_strategy') === 'http'
    ? valueAt(settings, 'courier.http.request_config')
    : undefined
}

function judgeTarget(
  check: string,
  who: string,
  url: string | undefined,
  path: string,
  port: number,
): Finding {
  const remedy = `set its URL to http://OUR-HOST:${port}${path}`
  const target = URL.parse(url ?? '')
  if (!target) return broken(check, `${who} has no URL`, remedy)
  const shown = shownUrl(target.href)
  const evidence = { url: shown }
  if (target.pathname !== path)
    return broken(check, `${who} calls ${shown}, which is not ${path} of this service`, remedy, evidence)
  const called = Number(target.port || (target.protocol === 'https:' ? 443 : 80))
  return port === 0 || called === port
    ? ok(check, `${who} calls ${shown}`, evidence)
    : warn(
        check,
        `${who} calls port ${called}, and the internal port is ${port}`,
        `${remedy}, unless something in between maps it`,
        evidence,
      )
}

function judgeAuth(
  check: string,
  who: string,
  request: unknown,
  { user, password }: Config['mailAuth'],
): Finding {
  const remedy = 'give it the credentials of mailAuth'
  const given = authorizationOf(request)
  if (given === undefined) return broken(check, `${who} presents no credentials, and is refused`, remedy)
  return user !== undefined && password !== undefined && given === basic(user, password)
    ? ok(check, `${who} presents the credentials of mailAuth`)
    : broken(check, `${who} presents other credentials than those of mailAuth, and is refused`, remedy)
}

function judgeRegistrationHook(settings: Settings, { mailAuth }: Config): Finding {
  const after = valueAt(settings, 'selfservice.flows.registration.after')
  const methods = typeof after === 'object' && after !== null ? Object.values(after) : []
  const hooks = [valueAt(after, 'hooks'), ...methods.map((method) => valueAt(method, 'hooks'))]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .filter((hook) => textAt(hook, 'hook') === 'web_hook')
    .map((hook) => valueAt(hook, 'config'))
  const ours = hooks.find((hook) => URL.parse(textAt(hook, 'url') ?? '')?.pathname === HOOK_PATH)
  if (!ours) {
    const sentence =
      'no registration hook points here: a user is known from the first sign-in on, not from the registration'
    return warn(
      'hook',
      sentence,
      `add a web_hook to http://OUR-HOST:${mailAuth.port}${HOOK_PATH} after registration`,
    )
  }
  const target = judgeTarget('hook', 'the registration hook', textAt(ours, 'url'), HOOK_PATH, mailAuth.port)
  const auth = judgeAuth('hook', 'the registration hook', ours, mailAuth)
  return auth.state === 'ok' ? target : auth
}

function judgePublicUrl(settings: Settings): Finding {
  const url = URL.parse(textAt(settings, 'serve.public.base_url') ?? '')
  const remedy = `set serve.public.base_url to https://HOST${BASE_PATH}`
  if (!url)
    return broken(
      'public-url',
      'serve.public.base_url is missing: browsers are sent past this service',
      remedy,
    )
  const evidence = { url: shownUrl(url.href) }
  return `${url.pathname.replace(/\/$/, '')}/` === BASE_PATH
    ? ok('public-url', `serve.public.base_url is ${evidence.url}`, evidence)
    : broken(
        'public-url',
        `serve.public.base_url is ${evidence.url}: browsers are sent past this service`,
        remedy,
        evidence,
      )
}

function judgeCookies(settings: Settings, { cookieDomain, kratos }: Config): Finding[] {
  const name = textAt(settings, 'session.cookie.name') ?? 'ory_kratos_session'
  const domain = (textAt(settings, 'session.cookie.domain') ?? textAt(settings, 'cookies.domain'))?.replace(
    /^\./,
    '',
  )
  const ours = cookieDomain?.replace(/^\./, '')
  return [
    name === kratos.sessionCookie
      ? ok('cookie-name', `the session cookie is ${name} here and there`)
      : broken(
          'cookie-name',
          `the session cookie is ${name}, and ${kratos.sessionCookie} is looked for: nobody is signed in`,
          'set kratos.sessionCookie to the same',
          { name },
        ),
    domain === ours
      ? ok('cookie-domain', `cookies have the domain ${domain ?? 'of the host alone'} here and there`)
      : warn(
          'cookie-domain',
          `the session cookie has the domain ${domain ?? 'of the host alone'}, the loopToken ${ours ?? 'of the host alone'}: one may be there without the other`,
          'set cookieDomain, and cookies.domain in Kratos, to the same',
          { domain },
        ),
  ]
}

function judgeLeakCheck(settings: Settings): Finding {
  const enabled = valueAt(settings, 'selfservice.methods.password.config.haveibeenpwned_enabled')
  return enabled === false || enabled === 'false'
    ? ok('leak-check', 'passwords are not looked up at haveibeenpwned.com')
    : warn(
        'leak-check',
        'each new password is looked up at haveibeenpwned.com, and waits 15 s where that cannot be reached',
        'set selfservice.methods.password.config.haveibeenpwned_enabled to false unless Kratos reaches the Internet',
      )
}

function judgeSchemaIds(settings: Settings, { kratos: { schemaId } }: Config): Finding {
  const schemas = valueAt(settings, 'identity.schemas')
  const ids = Array.isArray(schemas) ? schemas.map((schema) => textAt(schema, 'id')) : []
  const byDefault = textAt(settings, 'identity.default_schema_id') ?? 'default'
  const evidence = { schemas: ids }
  const missing = [byDefault, schemaId].find((id) => !ids.includes(id))
  if (missing !== undefined)
    return broken(
      'schema-id',
      `identity.schemas has no ${missing}`,
      'add it, or mend kratos.schemaId',
      evidence,
    )
  return byDefault === schemaId
    ? ok('schema-id', `accounts have the schema ${schemaId}, seeded or registered`, evidence)
    : warn(
        'schema-id',
        `seeded accounts have the schema ${schemaId}, registered ones ${byDefault}`,
        'set kratos.schemaId to the default of Kratos',
        evidence,
      )
}

function judgeProvider(settings: Settings, { hydra }: Config): Finding[] {
  if (!hydra.url) return []
  return textAt(settings, 'oauth2_provider.url')
    ? [ok('oauth2-provider', 'Kratos knows Hydra')]
    : [
        broken(
          'oauth2-provider',
          'oauth2_provider.url is missing: no login of an OpenID client is ever finished',
          "set it to Hydra's admin address",
        ),
      ]
}
