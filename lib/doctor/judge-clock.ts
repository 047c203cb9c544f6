import { type Finding, judgeOf } from './finding.ts'

export interface Clocks {
  /** Ours less that of another machine, in milliseconds. */
  skewMs: number
  /** Whose, such as `Kratos`. */
  of: string
  /** How exact the other tells the time. */
  exactToMs: number
}

/** Whether our clock agrees with another; tokens, leases and signatures hold for seconds to minutes. */
export function judgeClock(part: string, { skewMs, of, exactToMs }: Clocks): Finding {
  const { ok, warn, broken } = judgeOf(part)
  const off = Math.max(0, Math.abs(skewMs) - exactToMs)
  const evidence = { skewMs: Math.round(skewMs) }
  if (off < 2000) return ok('clock', `the clock here and that of ${of} agree`, evidence)
  const sentence = `the clock here is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of ${of}`
  const remedy = 'let both follow a time server (chrony, systemd-timesyncd)'
  return off < 30_000
    ? warn('clock', sentence, remedy, evidence)
    : broken(
        'clock',
        `${sentence}: tokens, signatures and leases end too early or too late`,
        remedy,
        evidence,
      )
}
