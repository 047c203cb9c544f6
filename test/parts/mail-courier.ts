import { setTimeout as sleep } from 'node:timers/promises'

/** How long Kratos rests between two tries of a mail. */
const RETRY_MS = 500

export interface SentMail {
  /** Tries until the first 2xx. */
  tries: number
  id: string
}

/**
 * Posts a mail as Kratos' courier does: the same bytes again while the answer is no 2xx. It never gives up, since how fast servers come
 * back is up to the machine.
 * @param url asked before each try
 */
export async function sendAsKratos(url: () => string, mail: unknown): Promise<SentMail> {
  const body = JSON.stringify(mail)
  for (let tries = 1; ; tries++) {
    const response = await post(url(), body).catch(() => undefined)
    if (response?.status === 200) return { tries, id: ((await response.json()) as { id: string }).id }
    const text = await response?.text()
    if (response && response.status !== 503) throw new Error(`answer ${response.status}: ${text}`)
    await sleep(RETRY_MS)
  }
}

function post(url: string, body: string): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${btoa('mail:mail-password')}`,
  }
  const signal = AbortSignal.timeout(10_000)
  return fetch(`${url}/authlance/identity/email`, { method: 'POST', headers, body, signal })
}

/** A mail with a code of its own. */
export function codeMail(code: string, to = `user${code}@example.com`) {
  return {
    from: 'no-reply@example.com',
    to,
    templateId: 'verification_code_valid',
    templateModel: {
      email: to,
      name: { first: 'Ada', last: 'Lovelace' },
      recovery_url: null,
      verification_url: null,
      recovery_code: null,
      verification_code: code,
    },
  }
}
