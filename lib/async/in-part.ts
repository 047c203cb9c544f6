/**
 * Runs a step; what it throws names the part of the system that failed, such as `nats: connection refused`.
 * A sentence that begins with the part, such as `the database is newer`, stays as it is.
 */
export async function inPart<T>(part: 'database' | 'nats', step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const reason = reasonOf(error)
    if (reason.startsWith(`the ${part} `)) throw error
    throw new Error(`${part}: ${reason}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const { message, errors, code, name } = error as Partial<AggregateError & { code: string }>
  // A host with several addresses fails with an error for each and no sentence of its own.
  return message || errors?.[0]?.message || code || name || 'unknown failure'
}
