import type { EndpointPlan } from '../billing/webhook-endpoint/plan-endpoint.ts'
import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken, skipped } = judgeOf('stripe')

/** @param sold whether a tier has a price there */
export function judgeNoKey(sold: boolean): Finding {
  return sold
    ? broken(
        'key',
        'tiers have lookup keys, and stripe.secretKey is missing: nothing can be sold',
        'set stripe.secretKey',
      )
    : skipped('key', 'stripe.secretKey is not configured, and nothing is sold')
}

export function judgeKeyMode(mode: 'live' | 'test' | undefined, { debug }: { debug: boolean }): Finding {
  if (mode === undefined)
    return warn(
      'mode',
      'stripe.secretKey does not tell whether it is of live or of test mode',
      'set a key such as sk_live_… or rk_live_…',
    )
  if (mode === 'live' && debug)
    return warn(
      'mode',
      'the key is of live mode, and debug is on: money moves in a development set-up',
      'use a key of test mode, or set debug to false',
      { mode },
    )
  if (mode === 'test' && !debug)
    return warn(
      'mode',
      'the key is of test mode, and debug is off: no payment is real',
      'use a key of live mode',
      { mode },
    )
  return ok('mode', `the key is of ${mode} mode`, { mode })
}

/** What asking for the own account came to; `reason` as the client says it. */
export type AccountFacts =
  | { kind: 'account'; chargesEnabled: boolean | undefined }
  /** The key works, and may not read the account. */
  | { kind: 'restricted' }
  | { kind: 'away'; reason: string }

export function judgeAccount(account: AccountFacts): Finding {
  switch (account.kind) {
    case 'restricted':
      return ok('key', 'the key works, and is a restricted one')
    case 'away':
      return broken(
        'key',
        `Stripe cannot be asked: ${account.reason}`,
        'mend stripe.secretKey, or the way to Stripe',
      )
    case 'account':
      return account.chargesEnabled === false
        ? broken(
            'key',
            'the key works, and the account may not charge anybody yet',
            "finish the account in Stripe's dashboard",
          )
        : ok('key', 'the key works')
  }
}

/** @param plan what would make the endpoint match; or a sentence that only a person can act upon */
export function judgeEndpoint(plan: EndpointPlan | { kind: 'person'; reason: string }): Finding[] {
  const remedy = 'run `authlance stripe-webhook`'
  switch (plan.kind) {
    case 'person':
      return [broken('endpoint', plan.reason, 'decide, and then run `authlance stripe-webhook`')]
    case 'create':
      return [
        broken(
          'endpoint',
          'Stripe has no webhook endpoint for this service: no payment is ever noticed by itself',
          remedy,
        ),
      ]
    case 'rotate':
      return [
        broken(
          'endpoint',
          'a rotation of the webhook secret was interrupted',
          'run `authlance stripe-webhook --rotate`',
        ),
      ]
    case 'update':
      return judgeUpdate(plan, remedy)
    case 'nothing':
      return [
        ok('endpoint', `${plan.endpoint} is enabled and sends the events that are handled`, {
          endpoint: plan.endpoint,
        }),
        judgeVersion(plan.apiVersion),
      ]
  }
}

function judgeUpdate(plan: Extract<EndpointPlan, { kind: 'update' }>, remedy: string): Finding[] {
  const { endpoint, enable, added, removed, formerUrl } = plan
  const evidence = { endpoint, added, removed }
  return [
    ...(enable
      ? [broken('endpoint', `${endpoint} is disabled: Stripe sends nothing`, remedy, evidence)]
      : []),
    ...(added.length > 0
      ? [broken('endpoint-events', `${endpoint} does not send ${added.join(', ')}`, remedy, evidence)]
      : []),
    ...(removed.length > 0
      ? [
          warn(
            'endpoint-events',
            `${endpoint} sends what is not handled: ${removed.join(', ')}`,
            remedy,
            evidence,
          ),
        ]
      : []),
    ...(formerUrl === undefined
      ? []
      : [
          warn(
            'endpoint',
            `${endpoint} spells its URL otherwise than this service answers to`,
            remedy,
            evidence,
          ),
        ]),
  ]
}

/** Every version since 2020 is read. */
function judgeVersion(version: string | null): Finding {
  if (version === null) return ok('api-version', 'events come in the default API version of the account')
  return version >= '2020'
    ? ok('api-version', `events come in API version ${version}`, { version })
    : warn(
        'api-version',
        `events come in API version ${version}, older than those that are read`,
        'delete the endpoint and run `authlance stripe-webhook`',
        { version },
      )
}

export function judgeWebhookSecrets(count: number): Finding {
  const evidence = { count }
  if (count === 0)
    return broken(
      'webhook-secret',
      'stripe.webhookSecret is missing: every event of Stripe is refused',
      'run `authlance stripe-webhook`, and keep what it prints',
      evidence,
    )
  return count === 1
    ? ok('webhook-secret', 'one signing secret verifies events', evidence)
    : warn(
        'webhook-secret',
        `${count} signing secrets verify events: a rotation is under way`,
        'take the old one out of stripe.webhookSecret once it is done',
        evidence,
      )
}

/** @param missing lookup keys that no active price has @param looked how many were looked for, of `total` */
export function judgePrices(
  missing: readonly string[],
  { looked, total }: { looked: number; total: number },
): Finding {
  const evidence = { missing, looked, total }
  if (missing.length > 0) {
    return broken(
      'prices',
      `no active price has the lookup key ${missing.join(', ')}: these tiers cannot be bought`,
      'give the price its lookup key in Stripe, or mend the tier',
      evidence,
    )
  }
  if (total === 0) return ok('prices', 'no tier has a lookup key: nothing is sold', evidence)
  return ok(
    'prices',
    looked < total
      ? `the first ${looked} of ${total} lookup keys have an active price`
      : `all ${total} lookup keys have an active price`,
    evidence,
  )
}
