import Stripe from 'stripe'

/** The version that our `stripe` pins is younger than the OpenAPI of the mock, which has it in no list of versions. */
const PINNED_VERSION = new RegExp(`&?api_version=${Stripe.API_VERSION}`)
const ID = /\b(?:[a-z]+_)+[A-Za-z0-9]{8,}/g

export interface RequestChecker {
  /** Sends a copy of a request of the API to stripe-mock; the request itself stays unread. */
  check(request: Request): Promise<void>
  /** What was wrong so far, once every check has ended. */
  complaints(): Promise<string[]>
}

/**
 * Has stripe-mock check requests. It knows fixtures alone, so only a 400 says that a request is wrong. Requests that differ in
 * ids alone are checked once.
 */
export function requestChecker(mockUrl: string): RequestChecker {
  const seen = new Set<string>()
  const underWay: Promise<string | undefined>[] = []

  return {
    async check(request) {
      const { pathname, search } = new URL(request.url)
      if (!pathname.startsWith('/v1/')) return
      const body = request.body ? (await request.clone().text()).replace(PINNED_VERSION, '') : undefined
      const shape = `${request.method} ${pathname}${search} ${body}`.replaceAll(ID, 'id')
      if (seen.has(shape)) return
      seen.add(shape)
      const contentType = request.headers.get('content-type')
      underWay.push(
        complaintOf(mockUrl, { method: request.method, target: pathname + search, contentType, body }),
      )
    },
    async complaints() {
      const found = await Promise.all(underWay)
      return found.filter((complaint) => complaint !== undefined)
    },
  }
}

interface Sent {
  method: string
  target: string
  contentType: string | null
  body: string | undefined
}

async function complaintOf(
  mockUrl: string,
  { method, target, contentType, body }: Sent,
): Promise<string | undefined> {
  const response = await fetch(mockUrl + target, {
    method,
    // Whose key it was is nothing to a mock.
    headers: {
      authorization: 'Bearer sk_test_123',
      ...(contentType && { 'content-type': contentType }),
    },
    ...(body && { body }),
  })
  const answer = await response.text()
  if (response.status !== 400) return undefined
  const { error } = JSON.parse(answer) as { error: { message: string } }
  return `${method} ${target} ${body ?? ''}: ${error.message}`
}
