import { within } from '../async/pause.ts'
import { type Finding, judgeOf } from './finding.ts'

/** A part of the system, and how it is looked at: findings come one by one, so that those before a failure stay. */
export interface Part {
  name: string
  examine(): AsyncIterable<Finding>
}

/** Looks at all parts at once, each within the time limit. What a part throws, and a part that is late, is a finding. */
export async function examineParts(parts: readonly Part[], limitMs: number): Promise<Finding[]> {
  const examined = await Promise.all(parts.map((part) => examinePart(part, limitMs)))
  return examined.flat()
}

/** What a late part finds afterwards is nobody's. */
async function examinePart({ name, examine }: Part, limitMs: number): Promise<Finding[]> {
  const { broken } = judgeOf(name)
  const found: Finding[] = []
  const work = (async () => {
    for await (const finding of examine()) found.push(finding)
  })()
  try {
    if (await within(limitMs, work)) return found
    const late = `the checks of this part were not done within ${limitMs / 1000} s, and the rest was left`
    return [...found, broken('time', late, 'see whether it answers at all, and how fast')]
  } catch (error) {
    const crash = `the checks of this part failed: ${reasonOf(error)}`
    return [...found, broken('crash', crash, 'report this as a fault')]
  }
}

const MAX_REASON_LENGTH = 200

/** The first line of what an error says. */
export function reasonOf(error: unknown): string {
  const { message, errors, code, name } = error as Partial<AggregateError & { code: string }>
  // A host with several addresses fails with an error for each and no sentence of its own.
  const said = message || errors?.[0]?.message || code || name || 'unknown failure'
  return said.split('\n')[0]!.slice(0, MAX_REASON_LENGTH)
}
