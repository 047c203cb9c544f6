import { existsSync } from 'node:fs'
import { findApt, runAsRoot } from './apt.ts'
import { isAvailable, type Part } from './available.ts'
import { findProgram } from './find-program.ts'
import { type GoModule, installModule, NATS_SERVER, STRIPE_MOCK } from './go-install.ts'
import { fetchGo, goProgram } from './go-program.ts'
import { oryBinary } from './ory-binary.ts'
import { cachedOryBinary, type OryName } from './ory-cache.ts'

/** What `npm test` wants before it starts: for each part its Debian packages and the tests that need it. */
const WANTED: Array<{ part: Part; packages: string[]; tests: string }> = [
  // Server and client without the package that brings a service.
  { part: 'mariadb', packages: ['mariadb-server-core', 'mariadb-client'], tests: 'MariaDB and edge tests' },
  { part: 'nats', packages: ['nats-server'], tests: 'NATS and edge tests' },
  { part: 'nginx', packages: ['nginx'], tests: 'tests of the container' },
  { part: 'shellcheck', packages: ['shellcheck'], tests: "check of the container's scripts" },
  { part: 'chromium', packages: ['chromium'], tests: 'browser tests' },
  {
    part: 'go',
    packages: ['golang-go', 'gcc', 'libc6-dev', 'ca-certificates'],
    tests: 'tests that build Ory programs',
  },
  { part: 'kratos', packages: [], tests: 'tests against real Kratos' },
  { part: 'hydra', packages: [], tests: 'tests against real Hydra' },
  { part: 'stripe-mock', packages: [], tests: "check of requests against Stripe's OpenAPI" },
  // Debian's is older than the settings of the compose setup.
  { part: 'nats-2.10', packages: [], tests: 'test of the whole compose setup' },
]

/** Services that these packages bring: they would hold the default ports. */
const SERVICES: Partial<Record<Part, string>> = { nats: 'nats-server', nginx: 'nginx' }

const apt = findApt()
let missing = 0

for (const { part, packages, tests } of WANTED) {
  const trouble = await bring(part, packages).catch((error: Error) => error.message)
  if (isAvailable(part)) continue
  missing++
  report(part, `missing, which skips the ${tests}${trouble ? `\n${trouble}` : ''}`)
}

if (missing > 0 && process.env.CI === 'true') {
  console.error('CI=true allows no missing part')
  process.exitCode = 1
}

/** Makes a part available if it can, and says what it did; answers why not otherwise. */
async function bring(part: Part, packages: string[]): Promise<string | undefined> {
  if (isAvailable(part)) {
    report(part, 'found')
    return undefined
  }
  if (part === 'kratos' || part === 'hydra') return buildOry(part)
  if (part === 'stripe-mock') return bringModule(part, STRIPE_MOCK)
  if (part === 'nats-2.10') return bringModule(part, NATS_SERVER)

  const trouble = installPackages(part, packages)
  if (part === 'go' && findProgram('go') && !goProgram()) {
    report(part, 'fetching a newer Go through the installed one')
    await fetchGo()
  }
  return trouble
}

function installPackages(part: Part, packages: string[]): string | undefined {
  if (!apt) return `install it yourself (on Debian: ${packages.join(' ')}), or run this as root`

  report(part, `installing ${packages.join(' ')} with apt`)
  const trouble = apt.install(packages)
  const service = SERVICES[part]
  if (service && existsSync('/run/systemd/system')) {
    runAsRoot(['systemctl', 'disable', '--now', service])
  }
  return trouble
}

async function buildOry(name: OryName): Promise<string | undefined> {
  if (!isAvailable('go')) return 'building it needs Go'
  report(name, 'building, which takes a minute or two')
  await oryBinary(name)
  report(name, `built as ${cachedOryBinary(name)}`)
  return undefined
}

async function bringModule(part: Part, module: GoModule): Promise<string | undefined> {
  if (!isAvailable('go')) return 'building it needs Go'
  report(part, `built as ${await installModule(module)}`)
  return undefined
}

function report(part: Part, message: string): void {
  console.log(`${part.padEnd(11)} ${message}`)
}
