import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { HANDLED_EVENTS } from '../../lib/billing/ledger/handled-events.ts'
import { choosePort } from './choose-port.ts'
import { type CustomerMoves, createCustomerMoves } from './customer-moves.ts'
import { type OfferedTier, stockPrices } from './stock-prices.ts'
import { serveStripe } from './stripe/serve-stripe.ts'
import type { StripeStandIn } from './stripe/stripe-stand-in.ts'

export interface OpenedStripe {
  /** Its API and its pages. */
  url: string
  secretKey: string
  /** Signs what it sends to the webhook. */
  webhookSecret: string
  moves: CustomerMoves
  close(): Promise<void>
}

export interface OpenStripeOptions {
  /** Where the product is reached. */
  productUrl: string
  tiers: OfferedTier[]
  /** Keeps the account; absent, it goes with the process. */
  dataFile?: string
  /** The port to take when it is free. */
  port?: number
}

const SECRET_KEY = 'sk_test_development'
const SAVE_AFTER_MS = 200

/** Serves a stand-in for Stripe whose account sells the tiers and sends its events to the product. */
export async function openStripe({
  productUrl,
  tiers,
  dataFile,
  port = 0,
}: OpenStripeOptions): Promise<OpenedStripe> {
  let saving: NodeJS.Timeout | undefined
  const save = () => {
    saving = undefined
    if (dataFile) replaceFile(dataFile, stripe.save())
  }
  const { stripe, url, close } = await serveStripe({
    secretKey: SECRET_KEY,
    port: await choosePort(port),
    onChange() {
      saving ??= setTimeout(save, SAVE_AFTER_MS)
    },
  })
  const saved = dataFile && readIfThere(dataFile)
  if (saved) stripe.load(saved)
  stockPrices(stripe, tiers)
  const webhookSecret = webhookSecretFor(stripe, `${productUrl}/authlance/payments/api/v1/stripe/webhook`)
  const moves = createCustomerMoves(stripe)
  moves.catchUp()
  return {
    url,
    secretKey: SECRET_KEY,
    webhookSecret,
    moves,
    async close() {
      await close()
      clearTimeout(saving)
      save()
    },
  }
}

/** One endpoint, wherever the product is reached this time: what it has not taken yet arrives there. */
function webhookSecretFor(stripe: StripeStandIn, webhookUrl: string): string {
  const known = stripe.state.endpoints()[0]
  if (!known) {
    const made = stripe.actions.createWebhookEndpoint({ url: webhookUrl, enabledEvents: [...HANDLED_EVENTS] })
    return made.secrets[0]!.value
  }
  if (known.url !== webhookUrl) stripe.actions.moveWebhookEndpoint(known.id, webhookUrl)
  return known.secrets[0]!.value
}

/** Whole or not at all, whenever the process ends. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
