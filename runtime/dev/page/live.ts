import type { Mail } from '../ory/emulator.ts'
import { announce, byId, element, timeOfDay } from './dom.ts'

type MailOnPage = Omit<Mail, 'body' | 'templateData'>

interface BusEvent {
  id: string
  subject: string
  message: { time: string; seq: number; user?: { email: string }; group?: { name: string }; type?: string }
}

const LONGEST_LIST = 100

/** What Stripe sent, as it came: many of these come with each change. */
const RAW_SUBJECT = 'stripe.webhook.event'

/**
 * Shows mails and events as the stack tells of them; a lost connection comes back by itself.
 * @param hear called with the subject of each new event, after those of the past
 */
export function listenLive(hear: (subject: string) => void): void {
  const seen = new Set<string>()
  const source = new EventSource('/dev/events')
  let caughtUp = false

  function add(kind: 'mail' | 'event', id: string, make: () => HTMLElement): void {
    if (seen.has(id)) return
    seen.add(id)
    const item = make()
    if (caughtUp) item.classList.add('fresh')
    const list = byId(`${kind}-list`)
    list.prepend(item)
    if (list.children.length > LONGEST_LIST) list.lastElementChild?.remove()
    if (!item.classList.contains('raw-event')) byId(`${kind}s-empty`).hidden = true
  }

  source.addEventListener('mail', ({ data }) => {
    const mail: MailOnPage = JSON.parse(data)
    add('mail', mail.id, () => mailItem(mail))
  })
  source.addEventListener('event', ({ data }) => {
    const event: BusEvent = JSON.parse(data)
    add('event', event.id, () => eventItem(event))
    if (caughtUp && event.subject !== RAW_SUBJECT) hear(event.subject)
  })
  byId<HTMLInputElement>('show-raw').addEventListener('change', ({ target }) =>
    byId('event-list').classList.toggle('with-raw', (target as HTMLInputElement).checked),
  )
  source.addEventListener('ready', () => {
    caughtUp = true
    byId('mail-list').setAttribute('aria-live', 'polite')
    setLive(true, 'live')
  })
  source.addEventListener('error', () => setLive(false, 'reconnecting'))
}

function setLive(on: boolean, text: string): void {
  byId('live').classList.toggle('on', on)
  byId('live').replaceChildren(element('span', {}, text))
}

function mailItem({ recipient, subject, code, createdAt }: MailOnPage): HTMLElement {
  const item = element(
    'li',
    { class: 'mail' },
    element(
      'div',
      {},
      element('p', {}, subject),
      element('p', { class: 'muted' }, `${recipient}, ${timeOfDay(createdAt)}`),
      ...(code ? [element('p', { class: 'code' }, code)] : []),
    ),
  )
  if (code) {
    const button = element('button', { type: 'button', 'aria-label': `Use the code ${code}` }, 'Use')
    button.addEventListener('click', () => useCode(code))
    item.append(button)
  }
  return item
}

/** Puts a code where one is asked for, else on the clipboard. */
async function useCode(code: string): Promise<void> {
  const fields = document.querySelectorAll<HTMLInputElement>('.code-input')
  const field = [...fields].find((candidate) => candidate.checkVisibility())
  if (field) {
    field.value = code
    field.focus()
    return
  }
  await navigator.clipboard.writeText(code)
  announce('The code is on your clipboard.')
}

function eventItem({ subject, message }: BusEvent): HTMLElement {
  const about = message.user?.email ?? message.group?.name ?? message.type ?? ''
  return element(
    'li',
    subject === RAW_SUBJECT ? { class: 'raw-event' } : {},
    element(
      'details',
      {},
      element(
        'summary',
        {},
        element('span', { class: 'subject' }, subject),
        element('span', { class: 'muted' }, timeOfDay(Date.parse(message.time))),
        element('span', { class: 'muted what' }, `no. ${message.seq}${about && `, ${about}`}`),
      ),
      element('pre', {}, JSON.stringify(message, null, 2)),
    ),
  )
}
