/** What of a browser matters to cookies and forms: a cookie jar and the origin of the page. */
export interface Browser {
  /** Values by name; an answer that expires a cookie removes it. */
  cookies: Map<string, string>
  /** Sends cookies and origin; redirects are answers. */
  fetch(url: string, init?: RequestInit & { json?: unknown }): Promise<Response>
  /** Navigates to the start of a Kratos flow and reads the flow that it redirects to. */
  startFlow(url: string): Promise<BrowserFlow>
  /** Posts a flow's form as a browser does, hidden fields included. */
  submit(flow: BrowserFlow, fields: Record<string, string>): Promise<Response>
}

export interface BrowserFlow {
  location: string
  action: string
  hidden: Record<string, string>
}

interface UiNode {
  attributes: { name: string; type: string; value?: string }
}

/** @param cookie `Cookie` header value to begin with */
export function createBrowser(origin: string, cookie = ''): Browser {
  const pairs = cookie.split('; ').filter(Boolean)
  const cookies = new Map(pairs.map((pair) => [pair.split('=')[0]!, pair.slice(pair.indexOf('=') + 1)]))

  const send: Browser['fetch'] = async (url, { json, ...init } = {}) => {
    const headers = new Headers({ accept: 'application/json', origin })
    if (cookies.size)
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (json !== undefined) headers.set('content-type', 'application/json')
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
    const body = json === undefined ? {} : { method: init.method ?? 'POST', body: JSON.stringify(json) }
    const response = await fetch(url, { redirect: 'manual', ...init, ...body, headers })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    return response
  }

  return {
    cookies,
    fetch: send,
    async startFlow(url) {
      const start = await send(url, { headers: { accept: 'text/html' } })
      const location = start.headers.get('location')!
      const id = new URL(location).searchParams.get('flow')!
      const flow = await send(`${url.replace(/\/browser$/, '')}/flows?id=${id}`)
      const { ui } = (await flow.json()) as { ui: { action: string; nodes: UiNode[] } }
      const hidden = ui.nodes.filter(({ attributes }) => attributes.type === 'hidden')
      return {
        location,
        action: ui.action,
        hidden: Object.fromEntries(hidden.map(({ attributes }) => [attributes.name, attributes.value ?? ''])),
      }
    },
    submit: (flow, fields) =>
      send(flow.action, {
        method: 'POST',
        headers: { accept: 'text/html' },
        body: new URLSearchParams({ ...flow.hidden, ...fields }),
      }),
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair] = line.split(';')
  const equals = pair!.indexOf('=')
  const name = pair!.slice(0, equals)
  if (/;\s*max-age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, pair!.slice(equals + 1))
}
