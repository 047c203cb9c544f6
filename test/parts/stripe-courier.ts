import { setTimeout as sleep } from 'node:timers/promises'
import { signPayload } from '../../runtime/dev/stripe/signature.ts'
import type { StripeStandIn } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import type { SeededRandom } from './seeded-random.ts'

export const WEBHOOK_PATH = '/authlance/payments/api/v1/stripe/webhook'

/** The current shape, that of 2024, and one from before items had a price. */
const SHAPES = ['2026-10-28.endive', '2024-06-20', '2020-03-02']

/** An event as Stripe would send it. */
export interface Letter {
  id: string
  body: string
}

/**
 * Keeps what a stand-in sends instead of sending it, each event in one of the shapes.
 * @returns `fetch` for the stand-in, and what came since the last call of `take`
 */
export function createMailbox(random: SeededRandom) {
  const letters = new Map<string, { shapes: number; body: string }>()
  return {
    fetch: (async (_input, init) => {
      const body = String(init?.body)
      const { id } = JSON.parse(body) as { id: string }
      const shapes = (letters.get(id)?.shapes ?? 0) + 1
      const keeps = shapes === 1 || random.next() < 1 / shapes
      letters.set(id, { shapes, body: keeps ? body : letters.get(id)!.body })
      return new Response('kept')
    }) as typeof fetch,
    take(): Letter[] {
      const taken = [...letters].map(([id, { body }]) => ({ id, body }))
      letters.clear()
      return taken
    },
  }
}

/** Has a stand-in send its events to a mailbox, in every shape. */
export function subscribeMailbox({ actions, delivery }: StripeStandIn): void {
  delivery.pause()
  for (const apiVersion of SHAPES) {
    actions.createWebhookEndpoint({ url: `http://mail.test/${apiVersion}`, enabledEvents: ['*'], apiVersion })
  }
}

export interface CourierOptions {
  /** Where the webhook is now, one for each server. */
  urls(): string[]
  secret: string
  random: SeededRandom
  /** Waited before each letter, to spread them over the time of what else happens. */
  restMs?(): number
}

/**
 * Delivers letters signed, many at a time, each to any of the servers, again and again until one takes it.
 * @returns how many times one was not taken at first
 * @throws for an answer that Stripe would have to take as a refusal
 */
export async function deliverLetters(letters: Letter[], options: CourierOptions): Promise<number> {
  const { urls, secret, random, restMs = () => 0 } = options
  const waiting = [...letters]
  let refused = 0
  async function carrier(): Promise<void> {
    for (let letter = waiting.shift(); letter; letter = waiting.shift()) {
      await sleep(restMs())
      const status = await post(random.pick(urls()), letter.body, secret)
      if (status === 200) continue
      if (status !== undefined && status < 500)
        throw new Error(`the webhook answered ${status} to ${letter.id}`)
      refused++
      waiting.push(letter)
      await sleep(50)
    }
  }
  await Promise.all(Array.from({ length: 12 }, carrier))
  return refused
}

async function post(url: string, body: string, secret: string): Promise<number | undefined> {
  const signature = signPayload(body, [secret], Math.floor(Date.now() / 1000))
  try {
    const response = await fetch(url + WEBHOOK_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
      body,
      signal: AbortSignal.timeout(10_000),
    })
    await response.body?.cancel()
    return response.status
  } catch {
    return undefined
  }
}
