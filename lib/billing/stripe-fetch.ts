import { isObject } from './stripe-fields.ts'

/**
 * `fetch` for Stripe's client. What a proxy or a captive network answers in Stripe's place counts as a broken connection: the client
 * takes any JSON for the object that was asked for, and its call never ends when that is a text or a number.
 * @throws {TypeError} for an answer that is no object of Stripe's and no error
 */
export async function fetchFromStripe(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  const body = await response.arrayBuffer()
  if (!isOfStripe(response.ok, body))
    throw new TypeError(`HTTP ${response.status} without an answer of Stripe's`)
  return new Response(body, { status: response.status, headers: response.headers })
}

function isOfStripe(ok: boolean, body: ArrayBuffer): boolean {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body))
    return isObject(json) && (ok ? typeof json['object'] === 'string' : isObject(json['error']))
  } catch {
    return false
  }
}
