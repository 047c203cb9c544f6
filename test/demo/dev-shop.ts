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

/** By the code of a mail, as a person does. */
async function verify(url: string, email: string): Promise<void> {
  const kratos = `${url}/authlance/identity/self-service/verification`
  const flow = await (await fetch(`${kratos}/api`)).json()
  await post(`${kratos}?flow=${flow.id}`, { method: 'code', email })
  const mails: Mail[] = await (await fetch(`${url}/dev/mails`)).json()
  const code = mails.findLast((mail) => mail.recipient === email)?.code
  const done = await (await post(`${kratos}?flow=${flow.id}`, { method: 'code', code })).json()
  if (done.state !== 'passed_challenge') throw new Surprise('the code of the mail was refused')
}

function post(url: string, json: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(json),
  })
}
