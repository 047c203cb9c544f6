import type { Config } from '../config.ts'
import type { CourierMessage } from '../ory/kratos-courier.ts'
import { type Finding, judgeOf } from './finding.ts'
import { inWords } from './in-words.ts'
import { isKnownHost, knownHosts, shownUrl } from './known-hosts.ts'
import { maskAddress } from './mask-address.ts'

const { ok, warn, broken, skipped } = judgeOf('kratos')

/** Below it, a Kratos is reached by browsers; the service passes what comes there on. */
const PUBLIC_PATH = '/authlance/identity'

/** Whether the addresses that Kratos writes into its answers lead here. @param action of a form of a new login flow */
export function judgeBaseUrl(action: string | undefined, config: Config): Finding {
  const remedy = `set serve.public.base_url in Kratos to https://HOST${PUBLIC_PATH}/`
  const url = URL.parse(action ?? '')
  if (!url) return warn('base-url', 'Kratos began no login, so that its base URL is not known', 'see its log')
  const base = shownUrl(url.href.replace(/\/self-service\/.*$/, '/'))
  const evidence = { base }
  if (!url.pathname.startsWith(`${PUBLIC_PATH}/self-service/`)) {
    return broken('base-url', `Kratos sends browsers to ${base}, past this service`, remedy, evidence)
  }
  if (knownHosts(config).size > 0 && !isKnownHost(url.hostname, config)) {
    return warn(
      'base-url',
      `Kratos sends browsers to ${base}, a host that the configuration does not name`,
      `${remedy}, or mend frontend.url and cookieDomain`,
      evidence,
    )
  }
  return ok('base-url', `Kratos sends browsers to ${base}`, evidence)
}

const TRAITS = ['email', 'name'] as const

/** @param schemas identity schemas by id, as Kratos shows them */
export function judgeSchemas(
  schemas: Readonly<Record<string, unknown>>,
  { schemaId }: Pick<Config['kratos'], 'schemaId'>,
): Finding {
  const evidence = { schemas: Object.keys(schemas) }
  if (!Object.hasOwn(schemas, schemaId)) {
    return broken(
      'schema',
      `Kratos has no identity schema ${schemaId}: no account can be seeded`,
      'mend kratos.schemaId, or identity.schemas in Kratos',
      evidence,
    )
  }
  const traits = traitsOf(schemas[schemaId])
  const absent = TRAITS.filter((trait) => !traits.includes(trait))
  return absent.length === 0
    ? ok('schema', `the identity schema ${schemaId} has the traits that are read`, evidence)
    : warn(
        'schema',
        `the identity schema ${schemaId} lacks ${absent.join(' and ')}`,
        'add traits.email, traits.name.first and traits.name.last',
        evidence,
      )
}

function traitsOf(schema: unknown): string[] {
  type Node = { properties?: Record<string, Node> } | undefined
  return Object.keys((schema as Node)?.properties?.['traits']?.properties ?? {})
}

const HOUR_MS = 3_600_000
const MOST_NAMED = 20

/**
 * Mails that Kratos gave up, each by name, and mails that wait.
 * @param now milliseconds since the epoch
 */
export function judgeCourier(
  {
    abandoned,
    queued,
    complete = true,
  }: { abandoned: readonly CourierMessage[]; queued: readonly CourierMessage[]; complete?: boolean },
  now: number,
): Finding[] {
  return [...judgeAbandoned(abandoned, complete, now), judgeQueued(queued, now)]
}

function judgeAbandoned(abandoned: readonly CourierMessage[], complete: boolean, now: number): Finding[] {
  if (abandoned.length === 0) return [ok('abandoned', 'Kratos gave no mail up')]
  const remedy = 'see `authlance mail list`; who needs it asks for another code'
  const named = abandoned.slice(0, MOST_NAMED).map((mail) => {
    const { id, templateType, recipient, createdAt } = mail
    const to = maskAddress(recipient)
    const at = new Date(createdAt).toISOString()
    const sentence = `Kratos gave up ${templateType} to ${to} of ${at} (${id})`
    const evidence = { id, template: templateType, recipient: to, at }
    // A fresh one tells that mail is being lost now; an old one is only remembered for ever.
    return now - createdAt < HOUR_MS
      ? broken('abandoned', sentence, `see that the mail route answers Kratos; ${remedy}`, evidence)
      : warn('abandoned', sentence, remedy, evidence)
  })
  const left = abandoned.length - named.length
  const more =
    left > 0 || !complete
      ? [
          warn('abandoned', `${left}${complete ? '' : ' or more'} further mails were given up`, remedy, {
            count: abandoned.length,
          }),
        ]
      : []
  return [...named, ...more]
}

function judgeQueued(queued: readonly CourierMessage[], now: number): Finding {
  if (queued.length === 0) return ok('queued', 'no mail waits in Kratos')
  const ageMs = now - Math.min(...queued.map(({ createdAt }) => createdAt))
  const evidence = { count: queued.length, oldestAgeMs: ageMs }
  const sentence = `${queued.length} mails wait in Kratos, the oldest for ${inWords(ageMs)}`
  const remedy = 'see that one Kratos runs with --watch-courier, and that the mail route answers it'
  if (ageMs < 30_000) return ok('queued', sentence, evidence)
  return ageMs < 10 * 60_000
    ? warn('queued', sentence, remedy, evidence)
    : broken('queued', `${sentence}: none goes out`, remedy, evidence)
}

/** What only Kratos' own file tells. */
export function kratosConfigUnread(): Finding {
  return skipped(
    'settings',
    'whether its courier and hooks point here cannot be read through its API',
    'give --kratos-config FILE',
  )
}
