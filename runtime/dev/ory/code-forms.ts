import type { Exchange } from './exchange.ts'
import type { Flow } from './flow.ts'
import { labels, recoveryCodeSent, verificationCodeSent } from './messages.ts'
import { input, type Node, setCsrf, upsertNode } from './ui-nodes.ts'

/** The form that asks for an e-mail address. */
export function showEmailForm(exchange: Exchange, flow: Flow): void {
  if (flow.kind === 'recovery') setCsrf(flow.ui, exchange.csrf.token)
  upsertNode(flow.ui, emailField())
  flow.ui.nodes.push(continueButton())
  if (flow.kind === 'verification' && flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
}

/** The form that asks for the code which has been mailed. */
export function showCodeForm(exchange: Exchange, flow: Flow): void {
  const hidden = input('code', 'method', 'hidden', 'code')
  flow.ui.nodes = []
  if (flow.kind === 'recovery') {
    setCsrf(flow.ui, exchange.csrf.token)
    const limits = { required: true, pattern: '[0-9]+', maxlength: 6 } as const
    const code = input('code', 'code', 'text', undefined, { ...limits, label: labels.recoveryCode })
    flow.ui.nodes.push(code, hidden, continueButton())
    flow.ui.messages = [recoveryCodeSent]
    return
  }

  const code = input('code', 'code', 'text', undefined, { required: true, label: labels.verificationCode })
  flow.ui.nodes.push(hidden, code, continueButton())
  flow.ui.messages = [verificationCodeSent]
  if (flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
}

/** The button that sends a code to the same address again. */
export function addResendButton(flow: Flow, email: string): void {
  flow.ui.nodes.push(input('code', 'email', 'submit', email, { label: labels.resendCode }))
}

/** The address field, with what was typed before when a form comes back. */
export function emailField(value?: string): Node {
  return input('code', 'email', 'email', value, { required: true, label: labels.email })
}

function continueButton(): Node {
  return input('code', 'method', 'submit', 'code', { label: labels.continue })
}
