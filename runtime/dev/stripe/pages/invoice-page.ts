import type { StoredCharge, StoredInvoice } from '../stored.ts'
import type { PageOptions } from './handle-page.ts'
import { html } from './html.ts'
import { type Page, seeOther } from './layout.ts'
import { day, money } from './words.ts'

export function invoicePage(invoice: StoredInvoice): Page {
  return {
    title: `Invoice ${invoice.number ?? '(draft)'}`,
    body: html`
      <p>${invoice.customer_email}, ${day(invoice.created)}. Status: <strong>${invoice.status}</strong>.</p>
      <table>
        <thead><tr><th>What</th><th>Amount</th></tr></thead>
        <tbody>
          ${invoice.lines.data.map(
            (line) =>
              html`<tr><td>${line.description}</td><td>${money(line.amount, line.currency)}</td></tr>`,
          )}
          <tr><th>Amount due</th><th>${money(invoice.amount_due, invoice.currency)}</th></tr>
        </tbody>
      </table>
      ${
        invoice.status === 'open' &&
        html`<form method="post" class="row"><button class="main" name="action" value="pay">Pay now</button></form>`
      }
    `,
  }
}

/** Collects an open invoice with what its customer has, and shows it again. */
export function submitInvoice({ actions, standIn }: PageOptions, invoice: StoredInvoice): Response {
  actions.retryInvoice(invoice.id)
  return seeOther(invoice.hosted_invoice_url ?? standIn.baseUrl())
}

export function receiptPage(charge: StoredCharge): Page {
  return {
    title: 'Receipt',
    body: html`<p>${money(charge.amount, charge.currency)}, ${day(charge.created)}. Status: <strong>${charge.status}</strong>.</p>
      ${charge.amount_refunded > 0 && html`<p>Given back: ${money(charge.amount_refunded, charge.currency)}.</p>`}`,
  }
}
