import type { CommandDef } from 'citty'

declare module 'citty' {
  interface CommandMeta {
    /** Command lines that `--help` shows. */
    examples?: string[]
  }
}

// biome-ignore lint/suspicious/noExplicitAny: citty's own type for a command whose options are not known
export type AnyCommand = CommandDef<any>

/** A citty value that may be given as a function or a promise. */
export async function resolve<T>(value: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof value === 'function' ? (value as () => T | Promise<T>)() : value
}
