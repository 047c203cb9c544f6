/** W3C trace context of one request: what came in continues, with a span id of our own. */
export interface Trace {
  requestId: string
  /** `00-<trace id>-<our span id>-<flags>`, sent on to Ory calls and kept with events. */
  traceparent: string
  tracestate?: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const REQUEST_ID = /^[\w.-]{1,128}$/

/**
 * Reads `x-request-id` and `traceparent`, and makes what is absent or malformed.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceOf(request: Request): Trace {
  const givenId = request.headers.get('x-request-id') ?? ''
  const requestId = REQUEST_ID.test(givenId) ? givenId : crypto.randomUUID()

  const [, traceId, parentId, flags] = TRACEPARENT.exec(request.headers.get('traceparent') ?? '') ?? []
  const continues = traceId !== undefined && !/^0+$/.test(traceId) && !/^0+$/.test(parentId!)
  const traceparent = `00-${continues ? traceId : newTraceId()}-${newSpanId()}-${continues ? flags : '01'}`
  const tracestate = continues ? request.headers.get('tracestate') : null
  return { requestId, traceparent, ...(tracestate && { tracestate }) }
}

/** A trace that begins here: for work that no request asked for. */
export function newTrace(): Trace {
  return { requestId: crypto.randomUUID(), traceparent: `00-${newTraceId()}-${newSpanId()}-01` }
}

/** The headers that carry a trace to an upstream. */
export function traceHeaders(trace: Trace): Record<string, string> {
  return {
    traceparent: trace.traceparent,
    'x-request-id': trace.requestId,
    ...(trace.tracestate && { tracestate: trace.tracestate }),
  }
}

/* Hosts keep random bits in stock for `randomUUID`, so this is the cheapest way to them. */

function newTraceId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}

/** The ends of a UUID, which are random in every bit. */
function newSpanId(): string {
  const uuid = crypto.randomUUID()
  return uuid.slice(0, 8) + uuid.slice(-8)
}
