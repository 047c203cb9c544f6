import { expect, inject, onTestFinished } from 'vitest'
import { serveFetch } from '../../runtime/dev/serve-fetch.ts'
import { type ServedStripe, serveStripe } from '../../runtime/dev/stripe/serve-stripe.ts'
import type { StripeStandInOptions } from '../../runtime/dev/stripe/stripe-stand-in.ts'
import { requestChecker } from './stripe-requests.ts'

export interface CheckedStripe extends ServedStripe {
  /** Requests that Stripe's OpenAPI does not allow, as stripe-mock says, with the reason of each. */
  complaints(): Promise<string[]>
}

/**
 * Serves the stand-in for Stripe, and shows every request to stripe-mock as well, which knows Stripe's OpenAPI; without that program
 * the requests go unchecked.
 */
export async function serveCheckedStripe(
  options: Partial<StripeStandInOptions> = {},
): Promise<CheckedStripe> {
  const served = await serveStripe(options)
  const mock = inject('stripeMock')
  if (!mock) return { ...served, complaints: async () => [] }

  const checker = requestChecker(mock.url)
  const front = await serveFetch(async (request) => {
    await checker.check(request)
    return served.stripe.fetch(request)
  })
  return {
    stripe: served.stripe,
    url: front.url,
    complaints: checker.complaints,
    async close() {
      await front.close()
      await served.close()
    },
  }
}

/** As serveCheckedStripe, for the running test, which fails in the end if a request was not as Stripe wants it. */
export async function startStripe(options: Partial<StripeStandInOptions> = {}): Promise<CheckedStripe> {
  const served = await serveCheckedStripe(options)
  onTestFinished(() => closeChecked(served))
  return served
}

/** @throws when a request was not as Stripe wants it */
export async function closeChecked(served: CheckedStripe): Promise<void> {
  const complaints = await served.complaints()
  await served.close()
  expect(complaints).toEqual([])
}
