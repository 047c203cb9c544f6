import type { Exchange } from './exchange.ts'
import type { Flow } from './flow.ts'
import { labels, recoveryCodeSent, verificationCodeSent } from './messages.ts'
import { input, setCsrf, upsertNode } from './ui-nodes.ts'

/** The form that asks for an e-mail address. */
export function showEmailForm(exchange: Exchange, flow: Flow): void {
  if (flow.kind === 'recovery') setCsrf(flow.ui, exchange.csrf.token)
  upsertNode(flow.ui, emailField())
  flow.ui.nodes.push(input('code', 'method', 'submit', 'code', { label: labels.continue }))
  if (flow.kind === 'verification' && flow.type === 'browser') setCsrf(flow.ui, exchange.csrf.token)
}

/** The form that asks for the code which has been mailed. */
export function showCodeForm(exchange: Exchange, flow: Flow): void {
  const isRecovery = flow.kind === 'recovery'
  const code = isRecovery
    ? input('code', 'code', 'text', undefined, {
        required: true,
        pattern: '[0-9]+',
        maxlength: 6,
        label: labels.recoveryCode,
      })
    : input('code', 'code', 'text', undefined, { required: true, label: labels.verificationCode })
  const hidden = input('code', 'method', 'hidden', 'code')
  const submit = input('code', 'method', 'submit', 'code', { label: labels.continue })

  flow.ui.nodes = isRecovery ? [code, hidden, submit] : [hidden, code, submit]
  flow.ui.messages = [isRecovery ? recoveryCodeSent : verificationCodeSent]
  if (isRecovery) {
    setCsrf(flow.ui, exchange.csrf.token)
    flow.ui.nodes.unshift(flow.ui.nodes.pop()!)
  } else if (flow.type === 'browser') {
    setCsrf(flow.ui, exchange.csrf.token)
  }
}

/** The button that sends the code to the same address again. */
export function addResendButton(flow: Flow, email: string): void {
  flow.ui.nodes.push(input('code', 'email', 'submit', email, { label: labels.resendCode }))
}

/** The address field, with what was typed before when a form comes back. */
export function emailField(value?: string) {
  return input('code', 'email', 'email', value, { required: true, label: labels.email })
}
