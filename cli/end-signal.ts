/** Aborts at the first SIGTERM or SIGINT, so that a command can tidy up; the second ends the process as ever. */
export function endSignal(): AbortSignal {
  const controller = new AbortController()
  const abort = () => {
    for (const name of SIGNALS) process.off(name, abort)
    controller.abort(new Error('interrupted'))
  }
  for (const name of SIGNALS) process.once(name, abort)
  return controller.signal
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
