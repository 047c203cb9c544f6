import type { Flow } from './flow.ts'

/** What a frontend should do after a flow. */
export type ContinueWith =
  | { action: 'redirect_browser_to'; redirect_browser_to: string }
  | { action: 'set_ory_session_token'; ory_session_token: string }
  | { action: 'show_verification_ui'; flow: { id: string; verifiable_address: string; url?: string } }

export function redirectBrowserTo(url: string): ContinueWith {
  return { action: 'redirect_browser_to', redirect_browser_to: url }
}

export function setSessionToken(token: string): ContinueWith {
  return { action: 'set_ory_session_token', ory_session_token: token }
}

export function showVerification(flow: Flow, address: string, url: string): ContinueWith {
  return {
    action: 'show_verification_ui',
    flow: { id: flow.id, verifiable_address: address, ...(url ? { url } : {}) },
  }
}

/** The list for an answer; left out when empty. */
export function continueWithJson(items: ContinueWith[] | undefined): { continue_with?: ContinueWith[] } {
  return items && items.length > 0 ? { continue_with: items } : {}
}
