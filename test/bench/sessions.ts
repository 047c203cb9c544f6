import { requestText } from './load.ts'

const CONNECTIONS = 64
export const ORIGIN = 'https://dashboard.example.com'

/** A Kratos session, with the headers that prove it. */
export interface Session {
  sid: string
  headers: Record<string, string>
}

export interface ExchangedSession extends Session {
  token: string
}

/**
 * Sessions of the whoami floor: one for each connection, since the product lets concurrent calls for one session share a
 * `whoami`.
 */
export function stubSessions(): Session[] {
  return Array.from({ length: CONNECTIONS }, (_, index) => ({
    sid: `sid-bench-${index}`,
    headers: { cookie: `ory_kratos_session=bench-${index}`, origin: ORIGIN },
  }))
}

/** The exchange of a session as it goes over the wire. */
export function exchangeText({ sid, headers }: Session): string {
  return requestText('POST', '/authlance/identity/me', headers, { session: sid })
}

/** Exchanges a session for the first time, so that whatever follows is a renewal. */
export async function exchange(port: number, session: Session): Promise<ExchangedSession> {
  const response = await fetch(`http://127.0.0.1:${port}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...session.headers },
    body: JSON.stringify({ session: session.sid }),
  })
  const answer = (await response.json()) as { token?: string }
  if (!answer.token) throw new Error(`the exchange of ${session.sid} gave ${JSON.stringify(answer)}`)
  return { ...session, token: answer.token }
}
