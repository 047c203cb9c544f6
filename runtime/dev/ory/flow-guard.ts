import { csrfViolation, verifyCsrf } from './csrf.ts'
import type { Exchange } from './exchange.ts'
import type { Flow } from './flow.ts'
import { kratosError } from './kratos-error.ts'

const blocked =
  'To prevent potential misuse and mitigate several attack vectors including CSRF, the request has been blocked. Please consult the documentation.'

/**
 * Refuses a forged submit: a browser's flow needs its token, an app's flow must not come from a browser.
 * @throws 403 `security_csrf_violation`, or 400
 */
export function ensureOwnRequest(exchange: Exchange, flow: Flow, sentToken: string): void {
  if (flow.type === 'browser') {
    if (!verifyCsrf(exchange.csrf.token, sentToken)) throw csrfViolation()
    return
  }
  if (exchange.request.headers.get('origin')) {
    throw kratosError(400, {
      reason: `The HTTP Request Header included the "Origin" key, indicating that this request was made as part of an AJAX request in a Browser. The flow however was initiated as an API request. ${blocked}`,
    })
  }
  const cookies = [...exchange.cookies.keys()].filter((name) => !/^(__cf|_cf|cf_)/.test(name))
  if (cookies.length > 0) {
    throw kratosError(400, {
      reason: `The HTTP Request Header included the "Cookie" key, indicating that this request was made by a Browser. The flow however was initiated as an API request. ${blocked}`,
    })
  }
}

/** Lets only the browser that began a flow read it. @throws 403 `security_csrf_violation` */
export function ensureOwnFlow({ csrf }: Exchange, flow: Flow): void {
  if (flow.type === 'browser' && !verifyCsrf(csrf.token, flow.csrfToken)) throw csrfViolation()
}
