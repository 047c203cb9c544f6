/**
 * An error as the log shows it: name, message, stack, codes and causes. Nothing else, since database drivers hang whole statements
 * with their values on their errors.
 */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: typeof error === 'string' ? error : 'not an error' }
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  return {
    name: error.name,
    message: withoutValues(error.message),
    stack: withoutValues(error.stack ?? ''),
    ...(code !== undefined && { code }),
    ...(errno !== undefined && { errno }),
    ...(error.cause !== undefined && depth < 3 && { cause: serializeError(error.cause, depth + 1) }),
  }
}

/** MySQL names the clashing value in a duplicate-key message. */
function withoutValues(text: string): string {
  return text.replace(/Duplicate entry '.*?' for key/g, "Duplicate entry '…' for key")
}
