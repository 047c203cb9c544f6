import { announce, byId, moveTo, show } from './dom.ts'
import { emptyForm, onSubmit } from './form.ts'
import { call } from './http.ts'
import { beginFlow, type Flow, failed, isFlow, type Problems, sendFlow } from './kratos.ts'

/** What a way in led to. */
export interface Entered {
  sentence: string
  /** A verification that the registration began. */
  verificationFlow?: string
  /** A change of password that the recovery leads to. */
  settingsFlow?: string
}

const TITLES = { 'sign-up': 'Create an account', 'sign-in': 'Sign in', recover: 'Recover your account' }
type View = keyof typeof TITLES

let recovery: Flow | undefined

/** Makes the three ways in work. @param enter called once Kratos has opened a session */
export function prepareEntry(enter: (entered: Entered) => Promise<void>): void {
  onSubmit(byId('sign-up-form'), (values) => signUp(values, enter))
  onSubmit(byId('sign-in-form'), (values) => signIn(values, enter))
  onSubmit(byId('recover-form'), mailCode)
  onSubmit(byId('recover-code-form'), (values) => recover(values, enter))
  byId('recover-again').addEventListener('click', () => {
    recovery = undefined
    showEntry()
    byId('re-email').focus()
  })
  byId('fill-administrator').addEventListener('click', async () => {
    const { body } = await call('/dev/stack')
    byId<HTMLInputElement>('in-email').value = body.administrator.email
    byId<HTMLInputElement>('in-password').value = body.administrator.password
    byId('sign-in-form').querySelector('button')?.focus()
  })
}

/** Shows the way in that the address names; a newcomer signs up. */
export function showEntry(): void {
  const hash = location.hash.slice(1)
  const view = (hash in TITLES ? hash : 'sign-up') as View
  byId('enter-title').textContent = TITLES[view]
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.tabs a')) {
    if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  show('sign-up-form', view === 'sign-up')
  show('sign-in-form', view === 'sign-in')
  show('recover-form', view === 'recover' && !recovery)
  show('recover-code-form', view === 'recover' && recovery !== undefined)
}

/** Forgets what was typed. */
export function clearEntry(): void {
  recovery = undefined
  for (const id of ['sign-up-form', 'sign-in-form', 'recover-form', 'recover-code-form']) emptyForm(byId(id))
}

type Enter = (entered: Entered) => Promise<void>

async function signUp(values: Record<string, string>, enter: Enter): Promise<Problems | undefined> {
  const sent = await beginAndSend('registration', { ...values, method: 'password' })
  if ('problems' in sent) return sent.problems

  const next: { action: string; flow?: { id: string } }[] = sent.body.continue_with ?? []
  const verificationFlow = next.find(({ action }) => action === 'show_verification_ui')?.flow?.id
  await enter({ sentence: 'Your account is made, and you are signed in.', verificationFlow })
  return undefined
}

async function signIn(values: Record<string, string>, enter: Enter): Promise<Problems | undefined> {
  const sent = await beginAndSend('login', { ...values, method: 'password' })
  if ('problems' in sent) return sent.problems

  await enter({ sentence: 'You are signed in.' })
  return undefined
}

async function mailCode({ email = '' }: Record<string, string>): Promise<Problems | undefined> {
  const sent = await beginAndSend('recovery', { email, method: 'code' })
  if ('problems' in sent) return sent.problems

  recovery = sent.body
  showEntry()
  byId('re-code').focus()
  announce(`If ${email} is known, a code for it is under Mails.`)
  return undefined
}

async function recover({ code = '' }: Record<string, string>, enter: Enter): Promise<Problems | undefined> {
  if (!recovery) return failed('Ask for a code first.')
  const sent = await sendFlow('recovery', recovery, { code, method: 'code' })
  switch (sent.kind) {
    case 'problems':
      return sent.problems
    case 'moved':
      await enter({ sentence: 'You are signed in. Choose a new password.', settingsFlow: sent.flow })
      return undefined
    default:
      recovery = undefined
      showEntry()
      moveTo('enter-title')
      return failed('That code has expired: ask for another one.')
  }
}

async function beginAndSend(
  kind: 'login' | 'registration' | 'recovery',
  values: Record<string, string>,
  // biome-ignore lint/suspicious/noExplicitAny: Kratos' answers are read loosely here
): Promise<{ body: any } | { problems: Problems }> {
  const flow = await beginFlow(kind)
  if (!isFlow(flow)) return { problems: flow }
  const sent = await sendFlow(kind, flow, values)
  if (sent.kind === 'problems') return sent
  return sent.kind === 'done'
    ? sent
    : { problems: failed('Kratos asks for a step that this page does not know.') }
}
