import { within } from '../async/pause.ts'
import { type Finding, judgeOf } from './finding.ts'

/** A part of the system, and how it is looked at: findings come one by one, so that those before a failure stay. */
export interface Part {
  name: string
  examine(): AsyncIterable<Finding>
}

export interface Examination {
  /** In the order of the parts. */
  findings: Finding[]
  /** Parts that were left while they were still at work. */
  late: string[]
}

/** Looks at all parts at once, each within the time limit. What a part throws, and a part that is late, is a finding. */
export async function examineParts(parts: readonly Part[], limitMs: number): Promise<Examination> {
  const examined = await Promise.all(parts.map((part) => examinePart(part, limitMs)))
  return {
    findings: examined.flatMap(({ findings }) => findings),
    late: parts.filter((_, index) => examined[index]!.late).map(({ name }) => name),
  }
}

async function examinePart(
  { name, examine }: Part,
  limitMs: number,
): Promise<{ findings: Finding[]; late: boolean }> {
  const { broken } = judgeOf(name)
  const found: Finding[] = []
  const work = (async () => {
    for await (const finding of examine()) found.push(finding)
  })()
  try {
    if (await within(limitMs, work)) return { findings: found, late: false }
    const late = `the checks of this part were not done within ${limitMs / 1000} s, and the rest was left`
    return {
      findings: [...found, broken('time', late, 'see whether it answers at all, and how fast')],
      late: true,
    }
  } catch (error) {
    const crash = broken(
      'crash',
      `the checks of this part failed: ${reasonOf(error)}`,
      'report this as a fault',
    )
    return { findings: [...found, crash], late: false }
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
