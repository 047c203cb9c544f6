/** The part of pino's interface that `lib/` and `functions/` use; both hosts pass a pino logger. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

/** A child that costs nothing until something is logged: most requests log their one line alone. */
export function lazyChild(log: Log, fields: object): Log {
  let child: Log | undefined
  const made = () => {
    child ??= log.child(fields)
    return child
  }
  return {
    debug: (more, message) => made().debug(more, message),
    info: (more, message) => made().info(more, message),
    warn: (more, message) => made().warn(more, message),
    error: (more, message) => made().error(more, message),
    child: (more) => made().child(more),
  }
}
