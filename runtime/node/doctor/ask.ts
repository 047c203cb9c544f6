import { textAt } from '../../../lib/doctor/settings.ts'

export type Asked =
  | { kind: 'answer'; status: number; body: unknown; dateMs?: number }
  /** `reason` continues a sentence that begins with who was asked. */
  | { kind: 'away'; reason: string }

export interface Question {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Makes one call, within the time limit. Never throws; what is no JSON is an answer without a body, and a redirect is an answer. */
export async function ask(url: string, timeoutMs: number, question: Question = {}): Promise<Asked> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, { ...question, redirect: 'manual', signal })
    const text = await response.text()
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    return {
      kind: 'answer',
      status: response.status,
      body: parsed(text),
      ...(!Number.isNaN(dateMs) && { dateMs }),
    }
  } catch (error) {
    if (signal.aborted) return { kind: 'away', reason: `does not answer within ${timeoutMs / 1000} s` }
    const { cause } = error as { cause?: { code?: string } }
    return { kind: 'away', reason: `cannot be reached (${cause?.code ?? 'no connection'})` }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `ready`, or why it is not, of an Ory server. */
export function readiness(asked: Asked): string {
  if (asked.kind === 'away') return asked.reason
  return asked.status === 200 ? 'ready' : `is not ready (it answers ${asked.status})`
}

/** The text at a dotted path of an answer; undefined without it, or without an answer. */
export function answeredText(asked: Asked, path: string): string | undefined {
  return asked.kind === 'answer' ? textAt(asked.body, path) : undefined
}
