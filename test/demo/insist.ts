import { Surprise } from './surprise.ts'

/** @throws {Surprise} unless it holds */
export function insist(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Surprise(otherwise)
}
