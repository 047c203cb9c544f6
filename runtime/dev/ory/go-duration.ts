const units: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration such as `1h30m`; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, rest = ''] = /^([+-]?)((?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.exec(text) ?? []
  if (rest === '') return undefined

  let total = 0
  for (const [, count, unit] of rest.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(count) * units[unit!]!
  }
  return sign === '-' ? -total : total
}

/** The same as Go prints it. */
export function printGoDuration(milliseconds: number): string {
  const sign = milliseconds < 0 ? '-' : ''
  const seconds = Math.abs(milliseconds) / 1000
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const parts = [
    ...(hours ? [`${hours}h`] : []),
    ...(hours || minutes ? [`${minutes}m`] : []),
    `${seconds % 60}s`,
  ]
  return sign + parts.join('')
}
