export interface Checks {
  /** Runs one check and says how it went; what it answers is said beside. Later checks run whatever this one found. */
  check(name: string, work: () => Promise<string | undefined> | string | undefined): Promise<void>
  failures(): number
}

export function createChecks(report: (line: string) => void): Checks {
  let failures = 0
  return {
    async check(name, work) {
      try {
        const remark = await work()
        report(`    ok  ${name}${remark ? `: ${remark}` : ''}`)
      } catch (error) {
        failures++
        report(`FAILED  ${name}: ${error instanceof Error ? error.message : error}`)
      }
    },
    failures: () => failures,
  }
}
