import { announce, byId, show } from './dom.ts'
import { emptyForm, onSubmit } from './form.ts'
import { beginFlow, failed, findFlow, isFlow, type Problems, sendFlow } from './kratos.ts'

const STORED = 'verification-flow'

/** Makes the form for the code work. @param verified called once the address is verified */
export function prepareVerification(verified: () => Promise<void>): void {
  onSubmit(byId('verify-form'), ({ code = '' }) => verify(code, verified))
  byId('verify-again').addEventListener('click', async () => {
    const problem = await mailCode(byId('verify-card').dataset.email ?? '')
    if (problem) return announce(problem)
    showVerification(byId('verify-card').dataset.email)
    byId('ve-code').focus()
  })
}

/** Shows the form. @param email the address to be verified; absent, there is nothing to do */
export function showVerification(email: string | undefined): void {
  const card = byId('verify-card')
  const waiting = sessionStorage.getItem(STORED) !== null
  card.hidden = email === undefined
  if (email === undefined) return

  card.dataset.email = email
  byId('verify-hint').textContent = waiting
    ? `A code was mailed to ${email}.`
    : `Have a code mailed to ${email}.`
  show('verify-mails', waiting)
  show('ve-field', waiting)
  show('verify-send', waiting)
}

/** Remembers, for this tab, which flow a mailed code belongs to. */
export function rememberVerification(flow: string | undefined): void {
  if (flow === undefined) sessionStorage.removeItem(STORED)
  else sessionStorage.setItem(STORED, flow)
}

/** What came of the link in a mail, which led here with a flow. */
export async function followLink(id: string): Promise<string> {
  const flow = await findFlow('verification', id)
  if (isFlow(flow) && flow.state === 'passed_challenge') {
    rememberVerification(undefined)
    return 'Your address is verified.'
  }
  if (isFlow(flow) && flow.state === 'sent_email') rememberVerification(id)
  return 'That link has been used or is too old.'
}

async function verify(code: string, verified: () => Promise<void>): Promise<Problems | undefined> {
  const flow = await findFlow('verification', sessionStorage.getItem(STORED) ?? '')
  if (!isFlow(flow)) return outdated()
  const sent = await sendFlow('verification', flow, { code, method: 'code' })
  if (sent.kind === 'problems') return sent.problems
  if (sent.kind !== 'done' || sent.body.state !== 'passed_challenge') return outdated()

  rememberVerification(undefined)
  emptyForm(byId('verify-form'))
  await verified()
  return undefined
}

/** @returns a sentence when none could be mailed */
async function mailCode(email: string): Promise<string | undefined> {
  const flow = await beginFlow('verification')
  if (!isFlow(flow)) return flow.form
  const sent = await sendFlow('verification', flow, { email, method: 'code' })
  if (sent.kind !== 'done') return 'No code could be mailed.'
  rememberVerification(flow.id)
  announce(`A new code for ${email} is under Mails.`)
  return undefined
}

function outdated(): Problems {
  return failed('That code has expired: have a new one mailed.')
}
