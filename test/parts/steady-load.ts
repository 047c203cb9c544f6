import { setTimeout as sleep } from 'node:timers/promises'

/** Makes one request; what is not an answer with a 2xx is a failure. */
export type Ask = () => Promise<Response>

export interface SteadyLoad {
  /** How many requests have been answered, by the name of their kind. */
  answered: Record<string, number>
  /** What went wrong: the kind of request, and the status with the answer's body, or the error. */
  failures: string[]
  /** Lets the requests that are under way end. */
  stop(): Promise<void>
}

/**
 * Keeps asking until it is stopped, each kind of request over a number of lanes of its own.
 * @param options.pauseMs between an answer and the next request of a lane, on average
 */
export function startLoad(
  kinds: Record<string, Ask>,
  { lanes = 4, pauseMs = 10 }: { lanes?: number; pauseMs?: number } = {},
): SteadyLoad {
  const answered: Record<string, number> = {}
  const failures: string[] = []
  let stopping = false

  async function lane(kind: string, ask: Ask): Promise<void> {
    while (!stopping) {
      const failure = await failureOf(ask)
      if (failure === undefined) answered[kind] = (answered[kind] ?? 0) + 1
      else failures.push(`${kind}: ${failure}`)
      await sleep(pauseMs * 2 * Math.random())
    }
  }

  const running = Object.entries(kinds).flatMap(([kind, ask]) =>
    Array.from({ length: lanes }, () => lane(kind, ask)),
  )
  return {
    answered,
    failures,
    async stop() {
      stopping = true
      await Promise.all(running)
    },
  }
}

async function failureOf(ask: Ask): Promise<string | undefined> {
  try {
    const response = await ask()
    const text = await response.text()
    return response.ok ? undefined : `${response.status} ${text.slice(0, 300)}`
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
    return `${message} ${cause?.code ?? cause?.message ?? ''}`
  }
}
