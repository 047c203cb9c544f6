import type { Config } from '../../config.ts'
import { ApiError } from '../../http/errors.ts'

type Urls = Pick<Config['stripe'], 'successBaseUrl' | 'rootAppUrl' | 'frontEndBasePath' | 'portalReturnUrl'>

/** Stripe puts the session's id here; it has to be sent with its braces as they are. */
const SESSION_ID = '{CHECKOUT_SESSION_ID}'

/** Where the browser comes back to after it paid. @throws {ApiError} `payments_not_configured` */
export function successUrl(urls: Urls, sessionId = SESSION_ID): string {
  return `${dashboardUrl(urls, '/subscription/payment/success')}?session_id=${sessionId}`
}

/** Where the browser goes when its user gives up: the application, else the form that it came from. */
export function cancelUrl(urls: Urls): string {
  return urls.rootAppUrl ?? dashboardUrl(urls, '/create-organization')
}

export function portalReturnUrl(urls: Urls): string {
  return urls.portalReturnUrl ?? dashboardUrl(urls, '/subscription/plan-updated')
}

function dashboardUrl({ successBaseUrl, frontEndBasePath = '' }: Urls, page: string): string {
  if (!successBaseUrl) throw new ApiError('payments_not_configured')
  const path = frontEndBasePath.replace(/^\/*|\/*$/g, '')
  return `${successBaseUrl.replace(/\/+$/, '')}${path && `/${path}`}${page}`
}
