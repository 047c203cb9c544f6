/** What one check came to. */
export interface Finding {
  /** Stable: the part and the check, such as `database.charset`. */
  id: string
  part: string
  state: FindingState
  /** What is so, and what that means. Never holds a secret. */
  message: string
  /** What to do; empty when there is nothing. */
  remedy: string
  evidence?: Record<string, unknown>
}

/** `skipped`: it could not be looked at, which is no judgement. */
export type FindingState = 'ok' | 'warn' | 'broken' | 'skipped'

type Evidence = Record<string, unknown>

/** Makes findings of one part. */
export interface Judge {
  ok(check: string, message: string, evidence?: Evidence): Finding
  warn(check: string, message: string, remedy: string, evidence?: Evidence): Finding
  broken(check: string, message: string, remedy: string, evidence?: Evidence): Finding
  skipped(check: string, message: string, remedy?: string, evidence?: Evidence): Finding
}

export function judgeOf(part: string): Judge {
  const finding = (state: FindingState) =>
    function find(check: string, message: string, remedy = '', evidence?: Evidence): Finding {
      return { id: `${part}.${check}`, part, state, message, remedy, ...(evidence && { evidence }) }
    }
  return {
    ok: (check, message, evidence) => finding('ok')(check, message, '', evidence),
    warn: finding('warn'),
    broken: finding('broken'),
    skipped: finding('skipped'),
  }
}
