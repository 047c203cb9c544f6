import * as z from 'zod'
import { readStripeEvent, type StripeEvent } from '../../../../../../lib/billing/stripe-event.ts'
import { stripeMode } from '../../../../../../lib/billing/stripe-mode.ts'
import { isSignedByStripe } from '../../../../../../lib/billing/verify-webhook.ts'
import type { Env } from '../../../../../../lib/env.ts'
import { ApiError } from '../../../../../../lib/http/errors.ts'
import { operation } from '../../../../../../lib/http/operation.ts'
import { readBytes } from '../../../../../../lib/http/read-body.ts'
import { route } from '../../../../../../lib/http/route.ts'

/*
 * Stripe calls this for each event, again for three days until it gets a 2xx. The event is kept before that is said, and applied
 * afterwards. See https://docs.stripe.com/webhooks.
 */

export default route('/authlance/payments/api/v1/stripe/webhook', {
  POST: operation({
    summary: 'Take in an event of Stripe',
    description: 'The body is the event as Stripe signed it, under `Stripe-Signature`.',
    tag: 'Payments',
    access: 'public',
    responses: { 200: z.string() },
    errors: [
      'payments_not_configured',
      'webhook_signature_invalid',
      'webhook_event_invalid',
      'webhook_mode_mismatch',
      'payload_too_large',
    ],
    async handle({ request, env, ctx, trace, log }) {
      const body = await readBytes(request, env.config.limits.webhookBytes)
      const { text, event } = await readSignedEvent(body, request.headers.get('stripe-signature') ?? '', env)

      const isNew = await env.ledger.store({ event, raw: text, now: env.clock.now(), trace })
      env.metrics.countWebhook(isNew ? 'accepted' : 'duplicate')
      log.debug({ event: event.id, type: event.type, isNew }, 'Stripe event taken in')
      env.ledger.wake(ctx)
      return 'ok'
    },
  }),
})

async function readSignedEvent(
  body: Uint8Array,
  signature: string,
  { config, clock, metrics, log }: Pick<Env, 'config' | 'clock' | 'metrics' | 'log'>,
): Promise<{ text: string; event: StripeEvent }> {
  const { webhookSecret } = config.stripe
  if (webhookSecret.length === 0) throw new ApiError('payments_not_configured')
  const text = decode(body)
  if (text === undefined || !(await isSignedByStripe(text, signature, webhookSecret, clock.now()))) {
    metrics.countWebhook('bad_signature')
    log.warn({ bytes: body.length }, 'a call of the Stripe webhook is not signed by Stripe')
    throw new ApiError('webhook_signature_invalid')
  }

  const event = readStripeEvent(parse(text))
  if (!event) {
    metrics.countWebhook('bad_event')
    log.warn({ bytes: body.length }, 'a signed call of the Stripe webhook is not an event')
    throw new ApiError('webhook_event_invalid')
  }
  const mode = stripeMode(config)
  if (mode && (mode === 'live') !== event.livemode) {
    metrics.countWebhook('wrong_mode')
    log.warn({ event: event.id, livemode: event.livemode }, 'a Stripe event of the other mode is refused')
    throw new ApiError('webhook_mode_mismatch')
  }
  return { text, event }
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
