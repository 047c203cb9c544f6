import type { TokenUser } from '../../../lib/auth/loop-token.ts'
import { type Account, loadAccount, loadGroups, loadTiers, saveProfile } from './account.ts'
import { settlePayment } from './billing.ts'
import { clearBuying, prepareBuying, showBuying } from './buy-plan.ts'
import { announce, byId, moveTo, show } from './dom.ts'
import { clearEntry, type Entered, prepareEntry, showEntry } from './entry.ts'
import { emptyForm, onSubmit } from './form.ts'
import { failed, findFlow, isFlow, type Problems, sendFlow, signOut } from './kratos.ts'
import { listenLive } from './live.ts'
import { showGroups, showPerson, showTiers } from './person-view.ts'
import { isBought, loadPlans, showPlans } from './plan-view.ts'
import { hideToken, showToken } from './token-view.ts'
import { followLink, prepareVerification, rememberVerification, showVerification } from './verification.ts'

const NO_ANSWER = 'There was no answer. Is the development stack still running?'

/** A change of password that is due after a recovery. */
let settingsFlow: string | undefined

/** Whose groups and plans the page shows. */
let shown: TokenUser | undefined
/** Waits for the last of the events that come together. */
let catchingUp: ReturnType<typeof setTimeout> | undefined

prepareEntry(enter)
prepareBuying()
prepareVerification(async () => {
  const { kind } = await refresh()
  announce('Your address is verified.')
  moveTo(kind === 'in' ? 'person-title' : 'enter-title')
})
onSubmit(byId('profile-form'), changeProfile)
onSubmit(byId('new-password-form'), changePassword)
byId('renew').addEventListener('click', async () => {
  await refresh()
  announce('The session was exchanged for a new token.')
})
byId('sign-out').addEventListener('click', leave)
addEventListener('hashchange', () => {
  if (location.hash !== '#mails') showEntry()
})
listenLive((subject) => {
  if (!/^(payment|subscription|group)\./.test(subject)) return
  clearTimeout(catchingUp)
  catchingUp = setTimeout(refreshTenant, 300)
})
await arrive()

/** Goes on where a link of Kratos or a payment led, then shows who is here. */
async function arrive(): Promise<void> {
  const { pathname, searchParams } = new URL(location.href)
  if (pathname.startsWith('/subscription/')) return comeBack(pathname, searchParams.get('session_id'))
  const flow = new URL(location.href).searchParams.get('flow')
  const place = location.hash
  if (flow) history.replaceState(null, '', `/${place === '#verify' || place === '#password' ? '' : place}`)
  if (flow && place === '#password') settingsFlow = flow
  const sentence = flow && place === '#verify' ? await followLink(flow) : ''
  await refresh()
  if (!sentence) return
  announce(sentence)
  moveTo('verify-title')
}

/** After a payment, or from the portal. */
async function comeBack(pathname: string, sessionId: string | null): Promise<void> {
  history.replaceState(null, '', '/')
  const account = await refresh()
  if (account.kind !== 'in') return announce('Sign in to see what you have bought.')
  const isPayment = pathname.endsWith('/success') && sessionId !== null
  const problem = isPayment ? await settlePayment(account.claims.user.identity, sessionId) : undefined
  if (isPayment) await refresh()
  announce(
    problem ?? (isPayment ? 'The plan is bought, and the new token says so.' : 'Back from the portal.'),
  )
  moveTo('plan-title')
}

async function enter({ sentence, verificationFlow, settingsFlow: due }: Entered): Promise<void> {
  if (verificationFlow) rememberVerification(verificationFlow)
  settingsFlow = due
  clearEntry()
  history.replaceState(null, '', '/')
  await refresh()
  announce(sentence)
  moveTo(due ? 'password-title' : 'person-title')
}

async function leave(): Promise<void> {
  await signOut()
  settingsFlow = undefined
  rememberVerification(undefined)
  history.replaceState(null, '', '/#sign-in')
  await refresh()
  announce('You are signed out, and the token is dead everywhere.')
  moveTo('enter-title')
}

/** Shows who is here; the groups follow, so that nobody who types meanwhile loses their place. */
async function refresh(): Promise<Account> {
  const account = await loadAccount().catch((): Account => ({ kind: 'trouble', sentence: NO_ANSWER }))
  render(account)
  if (account.kind === 'in') showTenant(account.claims.user).catch(() => announce(NO_ANSWER))
  return account
}

/** The groups of whoever is shown, and what they are on, as they are now. */
async function refreshTenant(): Promise<void> {
  if (shown) await showTenant(shown).catch(() => announce(NO_ANSWER))
}

async function showTenant(user: TokenUser): Promise<void> {
  shown = user
  const [groups, tiers] = await Promise.all([loadGroups(user), loadTiers()])
  const [plans] = await Promise.all([loadPlans(user, groups), showGroups(user, groups)])
  if (shown !== user) return
  showPlans(plans, refreshTenant)
  showTiers(tiers)
  showBuying(user, tiers, plans.find((plan) => !isBought(plan))?.group)
  byId('step-plan').classList.toggle('done', plans.some(isBought))
}

function render(account: Account): void {
  const isIn = account.kind === 'in'
  const user = isIn ? account.claims.user : undefined
  show('enter', !isIn)
  for (const id of ['person', 'token', 'groups', 'plan-card', 'profile-card']) show(id, isIn)
  show('password-card', isIn && settingsFlow !== undefined)
  showVerification(user && !user.verified ? user.email : undefined)
  for (const [step, done] of [
    ['session', isIn],
    ['token', isIn],
    ['group', user ? user.groups.length > 0 : false],
    ['verified', user?.verified ?? false],
  ] as const) {
    byId(`step-${step}`).classList.toggle('done', done)
  }

  if (account.kind === 'in') {
    showPerson(account.claims.user)
    showToken(account.token, account.claims)
    return
  }
  shown = undefined
  byId('step-plan').classList.remove('done')
  clearBuying()
  hideToken()
  showEntry()
  if (account.kind === 'trouble') announce(account.sentence)
}

async function changeProfile(values: Record<string, string>): Promise<Problems | undefined> {
  const problem = await saveProfile(values)
  if (problem) return failed(problem)

  await refresh()
  announce('Your profile is saved, and the new token says so.')
  return undefined
}

async function changePassword({ password = '' }: Record<string, string>): Promise<Problems | undefined> {
  const flow = await findFlow('settings', settingsFlow ?? '')
  if (!isFlow(flow)) return flow
  const sent = await sendFlow('settings', flow, { method: 'password', password })
  if (sent.kind === 'problems') return sent.problems
  if (sent.kind !== 'done') return failed('That took too long: recover your account once more.')

  settingsFlow = undefined
  emptyForm(byId('new-password-form'))
  await refresh()
  announce('Your new password is saved.')
  moveTo('person-title')
  return undefined
}
