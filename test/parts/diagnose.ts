import type { Finding } from '../../lib/doctor/finding.ts'
import { type DoctorOptions, runDoctor } from '../../runtime/node/doctor/run-doctor.ts'
import { writeConfig } from './gateway.ts'

export interface Diagnosis {
  findings: Finding[]
  /** State of the only finding with that id. @throws when there is none, or several */
  stateOf(id: string): string
  find(id: string): Finding
  all(id: string): Finding[]
}

/** A port of nobody. */
export const NOWHERE = 'http://127.0.0.1:2'

/** Runs the doctor on a configuration whose parts are nowhere unless they are given. */
export async function diagnose(
  config: Record<string, unknown>,
  options: Omit<DoctorOptions, 'configPath'> = {},
): Promise<Diagnosis> {
  const parts = { kratos: { url: NOWHERE, adminUrl: NOWHERE }, database: { file: ':memory:' } }
  const findings = await runDoctor({ configPath: writeConfig({ ...parts, ...config }), ...options })
  return diagnosisOf(findings)
}

export function diagnosisOf(findings: Finding[]): Diagnosis {
  const all = (id: string) => findings.filter((finding) => finding.id === id)
  const find = (id: string) => {
    const found = all(id)
    if (found.length === 1) return found[0]!
    const seen = findings.map(({ id: other, state }) => `${state} ${other}`).join('\n')
    throw new Error(`${found.length} findings of ${id} among:\n${seen}`)
  }
  return { findings, find, all, stateOf: (id) => find(id).state }
}
