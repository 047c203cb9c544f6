import type { Config } from '../config.ts'
import { type Finding, judgeOf } from './finding.ts'

const { ok, warn, broken } = judgeOf('configuration')

/** What was read about a file that holds settings or secrets. */
export interface ReadFile {
  path: string
  /** Permission bits of the file system. */
  mode: number
}

/** Settings that are valid and yet unsafe or unfinished. @param warnings as `config check` prints them */
export function judgeConfig(config: Config, warnings: readonly string[]): Finding[] {
  return [
    ...warnings.map((warning) => warn('warning', warning, 'mend the key, or take it out')),
    ...judgeDebug(config),
    ...judgeUrls(config),
    ...judgeMailAuth(config),
  ]
}

function judgeDebug({ debug, cookie }: Config): Finding[] {
  if (debug) {
    const sentence = 'debug is on: short keys are allowed, and cookies go over plain HTTP'
    return [warn('debug', sentence, 'set debug to false wherever other people sign in')]
  }
  return cookie.secure
    ? [ok('debug', 'debug is off')]
    : [warn('debug', 'the loopToken cookie goes over plain HTTP', 'set cookie.secure to true')]
}

/** Addresses that browsers use; those within a cluster may well be http. */
function judgeUrls(config: Config): Finding[] {
  const { frontend, stripe, s3Config, allowedOrigins } = config
  const urls: [key: string, url: string | undefined][] = [
    ['frontend.url', frontend.url],
    ['stripe.webhookBaseUrl', stripe.webhookBaseUrl],
    ['stripe.successBaseUrl', stripe.successBaseUrl],
    ['stripe.rootAppUrl', stripe.rootAppUrl],
    ['stripe.portalReturnUrl', stripe.portalReturnUrl],
    ['s3Config.cdnUrl', s3Config.cdnUrl],
    ...allowedOrigins.map((origin, index): [string, string] => [`allowedOrigins[${index}]`, origin]),
  ]
  const plain = urls.filter(([, url]) => url?.startsWith('http:')).map(([key]) => key)
  if (plain.length === 0) return [ok('https', 'every address that browsers use is https')]
  if (config.debug) return [ok('https', `plain http, as debug is on: ${plain.join(', ')}`)]
  const sentence = `plain http for browsers: ${plain.join(', ')}`
  return [warn('https', sentence, 'write https:// and have TLS in front', { keys: plain })]
}

function judgeMailAuth({ mailAuth: { user, password } }: Config): Finding[] {
  if (user && password) return [ok('mail-auth', 'Kratos has credentials for the mail route and its hook')]
  return [
    broken(
      'mail-auth',
      'mailAuth.user or mailAuth.password is missing: every mail and registration of Kratos is refused',
      "set both, and the same in Kratos' courier and registration hook",
    ),
  ]
}

/** Who else on the host can read or change the files. @param secretIn whether the configuration file itself holds secrets */
export function judgeFiles(config: ReadFile, secretFiles: readonly ReadFile[], secretIn: boolean): Finding[] {
  const files = [{ ...config, secret: secretIn }, ...secretFiles.map((file) => ({ ...file, secret: true }))]
  const found = files.flatMap(({ path, mode, secret }) => {
    const evidence = { path, mode: (mode & 0o777).toString(8).padStart(3, '0') }
    if (mode & 0o002) {
      const sentence = `everybody on this host can change ${path}`
      return [broken('file-mode', sentence, `chmod o-w ${path}`, evidence)]
    }
    if (secret && mode & 0o004) {
      const sentence = `everybody on this host can read ${path}, which holds secrets`
      return [warn('file-mode', sentence, `chmod o-r ${path}, or mount it so`, evidence)]
    }
    return []
  })
  return found.length > 0
    ? found
    : [ok('file-mode', `${files.length} files of settings and secrets are closed to others`)]
}
