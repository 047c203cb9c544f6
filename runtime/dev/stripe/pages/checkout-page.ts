import { successUrl } from '../actions.ts'
import type { StoredCheckoutSession } from '../stored.ts'
import type { PageOptions } from './handle-page.ts'
import { type Html, html } from './html.ts'
import { type Page, seeOther } from './layout.ts'
import { day, money, priceWords } from './words.ts'

const CARDS = { pay: 'ok', decline: 'declined', debit: 'async', trial: 'none' } as const

/** The buyer's page of a session. */
export function checkoutPage(
  options: PageOptions,
  session: StoredCheckoutSession,
  { refusal, email }: { refusal?: string; email?: string } = {},
): Page {
  const { standIn } = options
  if (session.status !== 'open') return closedPage(session)
  const total = session.amount_total ?? 0
  return {
    title: session.mode === 'subscription' ? 'Subscribe' : 'Pay',
    leadsTo: [session.success_url, session.cancel_url],
    status: refusal === undefined ? 200 : 402,
    body: html`
      ${refusal !== undefined && html`<p class="alert" role="alert">${refusal}</p>`}
      <table>
        <thead><tr><th>Item</th><th>Amount</th></tr></thead>
        <tbody>
          ${session.items.map(
            (item) => html`<tr>
              <td>${item.quantity} × ${item.price ? priceWords(standIn, item.price) : item.description}</td>
              <td>${money(item.amount_total, item.currency)}</td>
            </tr>`,
          )}
          <tr><th>Due today</th><th>${money(total, session.currency ?? 'usd')}</th></tr>
        </tbody>
      </table>
      ${trialWords(options, session)}
      <form method="post">
        ${emailField(options, session, email)}
        <div class="row">
          <button class="main" name="action" value="pay">${total === 0 ? 'Start trial' : 'Pay'}</button>
          <button name="action" value="decline">Decline</button>
          <button name="action" value="debit">Pay by bank debit</button>
          ${session.payment_method_collection === 'if_required' && total === 0 && html`<button name="action" value="trial">Start without a card</button>`}
          ${session.cancel_url !== null && html`<button name="action" value="cancel" formnovalidate>Cancel</button>`}
        </div>
        <p class="soft">Pay uses a card that works, Decline one that the bank refuses. A bank debit is answered days later.</p>
      </form>
    `,
  }
}

/** What the buyer pressed. */
export function submitCheckout(
  options: PageOptions,
  session: StoredCheckoutSession,
  form: URLSearchParams,
): Response | Page {
  const action = form.get('action') ?? ''
  if (action === 'cancel' && session.cancel_url !== null) return seeOther(session.cancel_url)
  if (session.status !== 'open' || !Object.hasOwn(CARDS, action)) return checkoutPage(options, session)

  const email = form.get('email')?.trim()
  const result = options.actions.pay(session.id, {
    card: CARDS[action as keyof typeof CARDS],
    ...(email && { email }),
  })
  return result.paid
    ? seeOther(result.redirectTo)
    : checkoutPage(options, session, { refusal: result.message, email })
}

function closedPage(session: StoredCheckoutSession): Page {
  if (session.status === 'expired') {
    return {
      title: 'This checkout has expired',
      body: html`<p>Go back to the shop and begin again.</p>`,
      status: 410,
    }
  }
  return {
    title: 'All done here',
    body: html`<p>This has been completed.</p><p><a class="button" href="${successUrl(session)}">Back to the shop</a></p>`,
  }
}

function emailField({ standIn }: PageOptions, session: StoredCheckoutSession, typed?: string): Html {
  const known = session.customer_email ?? standIn.store.customers.get(session.customer ?? '')?.email
  return html`<label for="email">E-mail</label>
    <input id="email" name="email" type="email" required value="${known ?? typed}" ${known ? 'readonly' : null}>`
}

function trialWords({ standIn }: PageOptions, session: StoredCheckoutSession): Html | false {
  const { trial_period_days: days, trial_end: end } = session.subscription_data
  if (days === null && end === null) return false
  const until = end ?? standIn.clock.seconds() + days! * 86_400
  return html`<p>Free until ${day(until)}, then the price above.</p>`
}
