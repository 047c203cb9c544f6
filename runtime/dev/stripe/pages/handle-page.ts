import type { createActions } from '../actions.ts'
import type { StandIn } from '../stand-in.ts'
import { checkoutPage, submitCheckout } from './checkout-page.ts'
import { html } from './html.ts'
import { invoicePage, receiptPage, submitInvoice } from './invoice-page.ts'
import { type Page, STYLE_PATH, showPage } from './layout.ts'
import { portalPage, submitPortal } from './portal-page.ts'
import { STYLE } from './style.ts'

export interface PageOptions {
  standIn: StandIn
  actions: ReturnType<typeof createActions>
  /** Lets happen what is due. */
  tick(): void
}

type Submitted = URLSearchParams | null

/** Answers what a browser asks for, and what it submits. */
export async function handlePage(options: PageOptions, request: Request, path: string): Promise<Response> {
  const baseUrl = options.standIn.baseUrl()
  if (!['GET', 'HEAD', 'POST'].includes(request.method)) return new Response(null, { status: 405 })
  if (path === STYLE_PATH) {
    return new Response(STYLE, { headers: { 'content-type': 'text/css; charset=utf-8' } })
  }
  const form = request.method === 'POST' ? new URLSearchParams(await request.text()) : null
  options.tick()
  const answer = answerTo(options, path, form)
  return answer instanceof Response ? answer : showPage(baseUrl, answer)
}

function answerTo(options: PageOptions, path: string, form: Submitted): Response | Page {
  const { store } = options.standIn
  const [, kind = '', id = ''] = path.split('/')
  switch (kind) {
    case 'checkout': {
      const session = store.checkoutSessions.get(id)
      if (!session) break
      return form ? submitCheckout(options, session, form) : checkoutPage(options, session)
    }
    case 'portal': {
      const session = store.portalSessions.get(id)
      if (!session || !store.customers.has(session.customer)) break
      return form ? submitPortal(options, session, form) : portalPage(options, session)
    }
    case 'invoice': {
      const invoice = store.invoices.get(id)
      if (!invoice) break
      return form ? submitInvoice(options, invoice) : invoicePage(invoice)
    }
    case 'receipt': {
      const charge = store.charges.get(id)
      if (charge) return receiptPage(charge)
    }
  }
  return { title: 'Nothing here', status: 404, body: html`<p>There is no such page.</p>` }
}
