import { setTimeout as sleep } from 'node:timers/promises'
import type { Shop } from './stage.ts'
import { Surprise } from './surprise.ts'

interface Mail {
  recipient: string
  code?: string
}

/** The shop of a development stack; undefined for anything else. */
export async function devShop(url: string): Promise<Shop | undefined> {
  if ((await fetch(`${url}/dev/stack`)).status !== 200) return undefined
  return {
    verify: (_identity, email) => verify(url, email),
    async move(customer, move) {
      const response = await post(`${url}/dev/stripe/customers/${customer}`, { move })
      if (response.status !== 200) throw new Surprise(`${move} was answered ${response.status}`)
      return response.json()
    },
  }
}

/** A courier looks for mails once a second. */
const MAIL_MS = 15_000
const LOOK_MS = 200

/** By the code of a mail, as a person does, who may find that of an earlier mail first. */
async function verify(url: string, email: string): Promise<void> {
  const kratos = `${url}/authlance/identity/self-service/verification`
  const flow = await (await fetch(`${kratos}/api`)).json()
  const submit = (fields: object) => post(`${kratos}?flow=${flow.id}`, { method: 'code', ...fields })
  await submit({ email })

  const tried = new Set<string>()
  for (const giveUpAt = Date.now() + MAIL_MS; Date.now() < giveUpAt; await sleep(LOOK_MS)) {
    const mails: Mail[] = await (await fetch(`${url}/dev/mails`)).json()
    const code = mails.findLast((mail) => mail.recipient === email)?.code
    if (code === undefined || tried.has(code)) continue
    tried.add(code)
    if ((await (await submit({ code })).json()).state === 'passed_challenge') return
  }
  throw new Surprise(tried.size === 0 ? 'no mail with a code came' : 'the code of the mail was refused')
}

function post(url: string, json: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(json),
  })
}
