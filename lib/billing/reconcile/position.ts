import * as z from 'zod'

/** How far the ledger was reconciled; times are milliseconds since the epoch. */
const Position = z.object({
  /** Events up to then were taken in. */
  eventsUntil: z.number(),
  /** When the last run was done; 0 before. */
  finishedAt: z.number().default(0),
})
export type Position = z.output<typeof Position>

/** @returns undefined before the first run */
export function readPosition(text: string | null): Position | undefined {
  return text === null ? undefined : Position.parse(JSON.parse(text))
}

export function writePosition(position: Position): string {
  return JSON.stringify(position)
}
