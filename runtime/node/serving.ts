import type { ServerResponse } from 'node:http'
import type { Env, ExecutionContext } from '../../lib/env.ts'

/** The services of the moment, and what is under way with them. */
export interface Serving {
  readonly env: Env
  /** Counts a request until its answer has left or its connection is gone. */
  begin(response: ServerResponse): void
  /** Lets work go on after the answer. */
  waitUntil: ExecutionContext['waitUntil']
  /** Resolves when no request and no late work is left. */
  idle(): Promise<void>
}

export function createServing(env: Env): Serving {
  const late = new Set<Promise<unknown>>()
  let requests = 0
  let answered: (() => void)[] = []

  function done(): void {
    requests--
    if (requests > 0) return
    for (const resolve of answered) resolve()
    answered = []
  }

  return {
    env,
    begin(response) {
      requests++
      response.once('close', done)
    },
    waitUntil(promise) {
      const settled = promise.catch(() => undefined).finally(() => late.delete(settled))
      late.add(settled)
    },
    async idle() {
      while (requests > 0 || late.size > 0) {
        if (requests > 0) await new Promise<void>((resolve) => answered.push(resolve))
        else await Promise.all(late)
      }
    },
  }
}
