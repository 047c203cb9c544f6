export interface StripeErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  decline_code?: string
  param?: string
  [detail: string]: unknown
}

/** An answer of Stripe's that is an error. */
export class StripeError extends Error {
  readonly status: number
  readonly body: StripeErrorBody

  constructor(status: number, body: StripeErrorBody) {
    super(body.message)
    this.name = 'StripeError'
    this.status = status
    this.body = body
  }
}

/** 404, as Stripe words it. @param kind such as `customer` */
export function resourceMissing(kind: string, id: string, param = 'id'): StripeError {
  return new StripeError(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  })
}

export function invalidRequest(
  message: string,
  details: { code?: string; param?: string } = {},
): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...details })
}

/** The resource of that id. @throws 404, or 400 when a parameter named it */
export function found<T>(items: Map<string, T>, kind: string, id: string, param?: string): T {
  const item = items.get(id)
  if (!item) throw resourceMissing(kind, id, param)
  return item
}
