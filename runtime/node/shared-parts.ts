/** A part in use. */
export interface Taken<T> {
  part: T
  /** Closes the part when nobody else uses it. */
  release(): Promise<void>
}

/** How a part comes and goes. */
export interface PartKind<T> {
  name: string
  /** What the part is made from: as long as it stays the same, so does the part. */
  settings: unknown
  open(): T | Promise<T>
  close(part: T): Promise<unknown>
}

/** Parts that outlive a change of the configuration which does not concern them. */
export interface SharedParts {
  /** The part that is open for these settings, else a new one. */
  take<T>(kind: PartKind<T>): Promise<Taken<T>>
}

export function createSharedParts(): SharedParts {
  const opened = new Map<string, { part: unknown; users: number }>()

  return {
    async take<T>({ name, settings, open, close }: PartKind<T>): Promise<Taken<T>> {
      const key = `${name} ${JSON.stringify(settings)}`
      const entry = opened.get(key) ?? { part: await open(), users: 0 }
      opened.set(key, entry)
      entry.users++
      const part = entry.part as T
      return {
        part,
        async release() {
          if (--entry.users > 0) return
          opened.delete(key)
          await close(part)
        },
      }
    },
  }
}
