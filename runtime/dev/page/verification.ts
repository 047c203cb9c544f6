import { announce, byId, show } from './dom.ts'
import { emptyForm, onSubmit } from './form.ts'
import { beginFlow, failed, findFlow, isFlow, type Problems, sendFlow } from './kratos.ts'

const STORED = 'verification-flow'

/** The link of a mail led here: whoever has it may verify, signed in or not. */
let linked = false

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

/** Shows the form. @param email the address to be verified; absent, only the link of a mail gives something to do */
export function showVerification(email: string | undefined): void {
  const waiting = sessionStorage.getItem(STORED) !== null
  show('verify-card', email !== undefined || linked)
  byId('verify-card').dataset.email = email ?? ''
  byId('verify-hint').textContent = linked
    ? 'The code of your mail is filled in.'
    : `${waiting ? 'A code was mailed to' : 'Have a code mailed to'} ${email}.`
  show('verify-mails', waiting && !linked)
  show('ve-field', waiting)
  show('verify-send', waiting)
  show('verify-again', email !== undefined)
}

/** Remembers, for this tab, which flow a mailed code belongs to. */
export function rememberVerification(flow: string | undefined): void {
  linked = false
  if (flow === undefined) sessionStorage.removeItem(STORED)
  else sessionStorage.setItem(STORED, flow)
}

/** Takes the link of a mail, which leads here with a flow. @returns what came of it */
export async function followLink(id: string): Promise<string> {
  const flow = await findFlow('verification', id)
  if (!isFlow(flow) || flow.state !== 'sent_email') return 'That link has been used or is too old.'

  rememberVerification(id)
  linked = true
  const node = flow.ui.nodes.find(({ attributes }) => attributes.name === 'code')
  byId<HTMLInputElement>('ve-code').value = node?.attributes.value ?? ''
  return 'The code of your mail is filled in.'
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
