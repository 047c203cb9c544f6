import { showEvent } from './show-event.ts'
import { signPayload } from './signature.ts'
import type { StandIn } from './stand-in.ts'
import type { StoredEvent, StoredWebhookEndpoint } from './stored.ts'
import { currentSecrets } from './webhook-endpoints.ts'

/** How long an endpoint may take to answer. */
const ANSWER_MS = 20_000

/** Sends an event to an endpoint once, signed. @returns why it was not taken, or undefined */
export async function sendEvent(
  standIn: StandIn,
  fetch: typeof globalThis.fetch,
  event: StoredEvent,
  endpoint: StoredWebhookEndpoint,
): Promise<string | undefined> {
  const version = endpoint.api_version ?? standIn.apiVersion
  const body = JSON.stringify(showEvent(standIn, event, version), null, 2)
  const signedAt = Math.floor(standIn.clock.hostNow() / 1000)
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        accept: '*/*',
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signPayload(body, currentSecrets(standIn, endpoint), signedAt),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await response.body?.cancel()
    return response.ok ? undefined : `answered ${response.status}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
