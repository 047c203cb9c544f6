import type { Html } from './html.ts'
import { html } from './html.ts'

export interface Page {
  title: string
  body: Html
  status?: number
  /** Other origins to which its forms lead. */
  leadsTo?: (string | null)[]
}

/** Below the base URL, where the style is served. */
export const STYLE_PATH = '/stand-in.css'

/** A page of plain forms: no script, nothing from elsewhere. */
export function showPage(baseUrl: string, { title, body, status = 200, leadsTo = [] }: Page): Response {
  const { markup } = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="stylesheet" href="${baseUrl}${STYLE_PATH}">
  </head>
  <body>
    <p class="notice">A stand-in for Stripe: no money moves.</p>
    <main>
      <h1>${title}</h1>
      ${body}
    </main>
  </body>
</html>
`
  return new Response(markup, {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-security-policy': policy(baseUrl, leadsTo),
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}

export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

/** Browsers hold the redirect after a form against the policy, too. */
function policy(baseUrl: string, leadsTo: (string | null)[]): string {
  const { origin } = new URL(baseUrl)
  const targets = leadsTo
    .filter((url) => url !== null && URL.canParse(url))
    .map((url) => new URL(url!).origin)
  return [
    "default-src 'none'",
    `style-src ${origin}`,
    `form-action ${[...new Set([origin, ...targets])].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
