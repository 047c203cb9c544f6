import { type Finding, judgeOf } from './finding.ts'

/** @param part `kratos` or `hydra` @param oldest the first version whose API this program speaks, such as `1.1` */
export function judgeOryVersion(
  part: 'kratos' | 'hydra',
  version: string | undefined,
  oldest: string,
): Finding {
  const judge = judgeOf(part)
  if (version === undefined) return judge.skipped('version', 'it does not tell its version')
  const evidence = { version }
  const numbers = /^v?(\d+)\.(\d+)/.exec(version)
  if (!numbers)
    return judge.skipped('version', `it was built from source (${version}) and has no version`, '', evidence)
  const [major, minor] = [Number(numbers[1]), Number(numbers[2])]
  const [oldMajor = 0, oldMinor = 0] = oldest.split('.').map(Number)
  return major > oldMajor || (major === oldMajor && minor >= oldMinor)
    ? judge.ok('version', `version ${version}`, evidence)
    : judge.warn(
        'version',
        `version ${version} is older than ${oldest}, the first that this program was made for`,
        'use a newer one',
        evidence,
      )
}

/** @param api `public` or `admin` @param outcome `ready`, or why it is not */
export function judgeReady(
  part: 'kratos' | 'hydra',
  api: 'public' | 'admin',
  key: string,
  outcome: string,
): Finding {
  const judge = judgeOf(part)
  return outcome === 'ready'
    ? judge.ok(api, `the ${api} API is ready`)
    : judge.broken(api, `the ${api} API ${outcome}`, `start it, and mend ${key}`, { outcome })
}
