import { element } from './dom.ts'
import { call, sentenceOf } from './http.ts'

/*
 * What a dashboard does around third-party applications, with the calls that the public one makes: its pages /login, /consent and
 * /logout, where Hydra sends a browser.
 */

const IDENTITY = '/authlance/identity'
const CONSENT = '/authlance/openid/admin/oauth2/auth/requests/consent'

const main = document.getElementById('main')!
const query = new URLSearchParams(location.search)

const pages: Record<string, () => Promise<void>> = {
  '/login': signIn,
  '/consent': askForConsent,
  '/logout': signOut,
}
await pages[location.pathname]?.()

async function signIn(): Promise<void> {
  const challenge = query.get('login_challenge') ?? ''
  const asked = new URLSearchParams({ refresh: 'true', aal: 'aal1', login_challenge: challenge })
  const flow = query.get('flow')
  const started = flow
    ? await call(`${IDENTITY}/self-service/login/flows?id=${encodeURIComponent(flow)}`)
    : await call(`${IDENTITY}/self-service/login/browser?${asked}`)
  if (started.status === 422) return location.assign(started.body.redirect_browser_to)
  if (started.status !== 200) return say(sentenceOf(started))

  const { action, nodes } = started.body.ui
  const csrf: string = nodes.find(
    ({ attributes }: { attributes: { name?: string } }) => attributes.name === 'csrf_token',
  ).attributes.value
  form(
    'Sign in',
    [field('email', 'Email', 'email'), field('password', 'Password', 'password')],
    async (values) => {
      const { email, password } = values
      const path = new URL(action).pathname + new URL(action).search
      const answer = await call(path, { method: 'password', identifier: email, password, csrf_token: csrf })
      if (answer.status === 422) return location.assign(answer.body.redirect_browser_to)
      say(answer.status === 200 ? 'You are signed in.' : `That did not work (${answer.status}).`)
    },
  )
}

async function askForConsent(): Promise<void> {
  const session = await call(`${IDENTITY}/sessions/whoami`)
  if (session.status === 200) await call(`${IDENTITY}/me`, { session: session.body.id })
  const challenge = new URLSearchParams({ consent_challenge: query.get('consent_challenge') ?? '' })
  const asked = await call(`${CONSENT}?${challenge}`)
  if (asked.status !== 200) return say(sentenceOf(asked))

  const { client, requested_scope } = asked.body
  say(`${client.client_name || client.client_id} asks for ${requested_scope.join(' ')}`)
  const decide = (word: 'accept' | 'reject', body: object) => async () => {
    const answer = await put(`${CONSENT}/${word}?${challenge}`, body)
    location.assign(answer.redirect_to)
  }
  const grant = { grant_scope: requested_scope, session: {}, remember: true, remember_for: 3600 }
  form('Allow', [], decide('accept', grant))
  form('Refuse', [], decide('reject', {}))
}

/** Hydra ends its own session once this browser asks it for a sign-in again. */
async function signOut(): Promise<void> {
  const flow = await call(`${IDENTITY}/self-service/logout/browser`)
  if (flow.status === 200)
    await fetch(new URL(flow.body.logout_url).pathname + new URL(flow.body.logout_url).search, {
      redirect: 'manual',
    })
  say('You are signed out.')
}

async function put(path: string, body: object): Promise<{ redirect_to: string }> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return (await fetch(path, { method: 'PUT', headers, body: JSON.stringify(body) })).json()
}

function say(text: string): void {
  main.append(element('p', { role: 'status' }, text))
}

function field(name: string, label: string, type: string): HTMLElement {
  return element('label', {}, label, element('input', { name, type, required: '' }))
}

function form(
  label: string,
  fields: HTMLElement[],
  submit: (values: Record<string, string>) => Promise<void>,
): void {
  const made = element('form', {}, ...fields, element('button', {}, label))
  made.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(Object.fromEntries(new FormData(made)) as Record<string, string>)
  })
  main.append(made)
}
