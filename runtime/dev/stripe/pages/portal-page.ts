import type { StoredPortalSession, StoredSubscription } from '../stored.ts'
import { currentPeriod, isLive } from '../subscription-status.ts'
import type { PageOptions } from './handle-page.ts'
import { type Html, html } from './html.ts'
import { type Page, seeOther } from './layout.ts'
import { day, money, priceWords } from './words.ts'

/** Where a customer looks after what they have. */
export function portalPage(options: PageOptions, session: StoredPortalSession): Page {
  const { store } = options.standIn
  const customer = store.customers.get(session.customer)
  const subscriptions = [...store.subscriptions.values()].filter(
    (subscription) => subscription.customer === session.customer && isLive(subscription),
  )
  return {
    title: 'Your subscription',
    leadsTo: [session.return_url],
    body: html`
      <p class="soft">${customer?.email ?? session.customer}</p>
      ${subscriptions.length === 0 && html`<p>There is no subscription now.</p>`}
      ${subscriptions.map((subscription) => subscriptionSection(options, subscription))}
      ${methodSection(options, session.customer)}
      ${invoiceSection(options, session.customer)}
      ${session.return_url !== null && html`<p class="row"><a class="button" href="${session.return_url}">Back to the shop</a></p>`}
    `,
  }
}

/** What the customer pressed; the page is then shown again. */
export function submitPortal(
  { standIn, actions }: PageOptions,
  session: StoredPortalSession,
  form: URLSearchParams,
): Response {
  const again = seeOther(session.url)
  const action = form.get('action')
  if (action === 'card-ok') actions.setPaymentMethod(session.customer, 'ok')
  if (action === 'card-declined') actions.setPaymentMethod(session.customer, 'declined')
  const subscription = standIn.store.subscriptions.get(form.get('subscription') ?? '')
  if (!subscription || subscription.customer !== session.customer || !isLive(subscription)) return again

  if (action === 'cancel') actions.cancelAtPeriodEnd(subscription.id)
  if (action === 'resume') actions.resume(subscription.id)
  const price = form.get('price') ?? ''
  if (action === 'change' && standIn.store.prices.get(price)?.recurring)
    actions.changePlan(subscription.id, price)
  return again
}

function subscriptionSection({ standIn }: PageOptions, subscription: StoredSubscription): Html {
  const current = subscription.items.data[0]!.price
  const { end } = currentPeriod(subscription)
  const ends = subscription.cancel_at !== null
  const others = [...standIn.store.prices.values()].filter(
    (price) =>
      price.active &&
      price.recurring &&
      price.id !== current.id &&
      price.currency === current.currency &&
      standIn.store.products.get(price.product)?.active,
  )
  return html`<h2>${priceWords(standIn, current)}</h2>
    <p>Status: <strong>${subscription.status}</strong>. ${ends ? 'Ends' : 'Renews'} on ${day(subscription.cancel_at ?? end)}.</p>
    <form method="post">
      <input type="hidden" name="subscription" value="${subscription.id}">
      ${
        others.length > 0 &&
        html`<label for="price-${subscription.id}">Change to</label>
        <select id="price-${subscription.id}" name="price">
          ${others.map((price) => html`<option value="${price.id}">${priceWords(standIn, price)}</option>`)}
        </select>`
      }
      <div class="row">
        ${others.length > 0 && html`<button class="main" name="action" value="change">Change plan</button>`}
        ${
          ends
            ? html`<button name="action" value="resume">Keep the subscription</button>`
            : html`<button name="action" value="cancel">Cancel at the end of the period</button>`
        }
      </div>
    </form>`
}

function methodSection({ standIn }: PageOptions, customerId: string): Html {
  const { customers, paymentMethods } = standIn.store
  const chosen = customers.get(customerId)?.invoice_settings.default_payment_method
  const method = paymentMethods.get(chosen ?? '')
  const last4 = method?.card?.last4 ?? method?.sepa_debit?.last4
  return html`<h2>Payment method</h2>
    <p>${last4 === undefined ? 'None yet.' : `Ends in ${last4}${method?.refusal ? ', and will be declined' : ''}.`}</p>
    <form method="post" class="row">
      <button name="action" value="card-ok">Use a card that works</button>
      <button name="action" value="card-declined">Use a card that is declined</button>
    </form>`
}

function invoiceSection({ standIn }: PageOptions, customerId: string): Html | false {
  const invoices = [...standIn.store.invoices.values()].filter(
    ({ customer, status }) => customer === customerId && status !== 'draft',
  )
  if (invoices.length === 0) return false
  return html`<h2>Invoices</h2>
    <table>
      <thead><tr><th>Date</th><th>Number</th><th>Status</th><th>Amount</th></tr></thead>
      <tbody>
        ${invoices.reverse().map(
          (invoice) => html`<tr>
            <td>${day(invoice.created)}</td>
            <td><a href="${invoice.hosted_invoice_url}">${invoice.number}</a></td>
            <td>${invoice.status}</td>
            <td>${money(invoice.amount_due, invoice.currency)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`
}
