import Stripe from 'stripe'

/** Seconds that a signature's time may be off. */
const TOLERANCE_SECONDS = 300

const cryptoProvider = Stripe.createSubtleCryptoProvider()

/**
 * Whether one of the secrets made one of the header's signatures of the body, not long ago. Every secret and every `v1` is tried, so
 * that a rotation can overlap.
 * @param header `Stripe-Signature`
 * @param now milliseconds since the epoch
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export async function isSignedByStripe(
  body: string,
  header: string,
  secrets: string[],
  now: number,
): Promise<boolean> {
  const parts = header.split(',')
  const times = parts.filter((part) => part.startsWith('t='))
  const signedAt = times.length === 1 ? Number(/^t=(\d{1,12})$/.exec(times[0]!)?.[1]) : Number.NaN
  // The library refuses only what is too old.
  if (!(Math.abs(Math.floor(now / 1000) - signedAt) <= TOLERANCE_SECONDS)) return false
  // It also throws at an empty signature, and takes the last of several times.
  const signatures = parts.filter((part) => /^v1=[0-9a-f]{64}$/.test(part))
  const wellFormed = [`t=${signedAt}`, ...signatures].join(',')
  for (const secret of secrets) {
    if (await verifies(body, wellFormed, secret, now)) return true
  }
  return false
}

async function verifies(body: string, header: string, secret: string, now: number): Promise<boolean> {
  try {
    const { signature } = Stripe.webhooks
    return await signature!.verifyHeaderAsync(body, header, secret, TOLERANCE_SECONDS, cryptoProvider, now)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}
