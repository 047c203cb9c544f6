import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../../scripts/build/paths.ts'
import { isAvailable, type Part } from '../parts/available.ts'
import { benchColdStart } from './cold-start.ts'
import { canKeepApart } from './cores.ts'
import { benchFront, benchFrontFloor } from './front.ts'
import { benchIntake, benchIntakeLatency } from './intake.ts'
import { benchKratosProxy } from './kratos-proxy.ts'
import { benchKratosRenewal } from './kratos-renewal.ts'
import { benchLedgerDrain } from './ledger-drain.ts'
import { benchLedgerMemory } from './ledger-memory.ts'
import { benchMail } from './mail.ts'
import { benchMemoryAfter, benchMemoryAtRest } from './memory.ts'
import { benchMyGroups } from './my-groups.ts'
import { buildPrograms, type Programs } from './programs.ts'
import { benchRegisterHook } from './register-hook.ts'
import { benchRelay } from './relay.ts'
import { benchRenewal } from './renewal.ts'
import type { BenchResult } from './result.ts'
import { resultTable } from './result-table.ts'
import { benchTokenHookLatency } from './token-hook.ts'
import { benchWorkerSize } from './worker-size.ts'
import { benchWorkers } from './workers.ts'

interface Entry {
  needs?: Part[]
  /** Default: always. */
  possible?: () => boolean
  run(programs: Programs): Promise<BenchResult>
}

const ENTRIES: Record<string, Entry> = {
  renewal: { run: (programs) => benchRenewal(programs, 'SQLite') },
  'renewal-mariadb': { needs: ['mariadb'], run: (programs) => benchRenewal(programs, 'MariaDB') },
  'renewal-kratos': { needs: ['kratos'], run: (programs) => benchKratosRenewal(programs, false) },
  'renewal-kratos-apart': {
    needs: ['kratos'],
    possible: canKeepApart,
    run: (programs) => benchKratosRenewal(programs, true),
  },
  'my-groups': { run: (programs) => benchMyGroups(programs, 'SQLite') },
  'my-groups-mariadb': { needs: ['mariadb'], run: (programs) => benchMyGroups(programs, 'MariaDB') },
  relay: { needs: ['mariadb', 'nats'], run: benchRelay },
  intake: { run: (programs) => benchIntake(programs, 'SQLite') },
  'intake-mariadb': { needs: ['mariadb'], run: (programs) => benchIntake(programs, 'MariaDB') },
  'intake-p50': { needs: ['mariadb'], run: (programs) => benchIntakeLatency(programs, 'MariaDB', 0.5) },
  'intake-p99': { needs: ['mariadb'], run: (programs) => benchIntakeLatency(programs, 'MariaDB', 0.99) },
  mail: { run: (programs) => benchMail(programs, 'SQLite') },
  'mail-mariadb': { needs: ['mariadb'], run: (programs) => benchMail(programs, 'MariaDB') },
  ledger: { run: () => benchLedgerDrain('SQLite') },
  'ledger-mariadb': { needs: ['mariadb'], run: () => benchLedgerDrain('MariaDB') },
  'ledger-memory': { run: (programs) => benchLedgerMemory(programs, 'SQLite') },
  'token-hook-p99': {
    needs: ['mariadb'],
    run: (programs) => benchTokenHookLatency(programs, 'MariaDB', 0.99),
  },
  'register-hook': { needs: ['mariadb'], run: (programs) => benchRegisterHook(programs, 'MariaDB') },
  front: { needs: ['nginx'], run: benchFront },
  'front-floor': { needs: ['nginx'], run: benchFrontFloor },
  'kratos-proxy': { needs: ['kratos', 'nginx'], run: (programs) => benchKratosProxy(programs, false) },
  'kratos-proxy-apart': {
    needs: ['kratos', 'nginx'],
    possible: canKeepApart,
    run: (programs) => benchKratosProxy(programs, true),
  },
  'memory-rest': { run: benchMemoryAtRest },
  'memory-after': { run: benchMemoryAfter },
  'workers-processes': {
    needs: ['mariadb', 'nginx'],
    possible: severalCores,
    run: (programs) => benchWorkers(programs, 'as many processes'),
  },
  'workers-one': {
    needs: ['mariadb', 'nginx'],
    possible: severalCores,
    run: (programs) => benchWorkers(programs, 'one process'),
  },
  'cold-start': { run: benchColdStart },
  'worker-size': { run: benchWorkerSize },
}

function severalCores(): boolean {
  return availableParallelism() > 1
}

/**
 * Prints ratios of the product to floors that do the least work possible, each pair measured by turns in one run, and writes
 * them to `bench.json`.
 *
 *     node test/bench/index.ts [--only NAME]... [--json] [--profile DIRECTORY]
 *
 * `--profile` writes a CPU profile of each measured server; its numbers are then too low, for both sides.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const names = values.only ?? Object.keys(ENTRIES)
const unknown = names.filter((name) => !ENTRIES[name])
if (unknown.length) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(ENTRIES).join(', ')}`)
  process.exit(2)
}

const nodeArgs = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []
const programs = await buildPrograms(nodeArgs)
const results: BenchResult[] = []
for (const name of names) {
  const { needs = [], possible, run } = ENTRIES[name]!
  const missing = needs.filter((part) => !isAvailable(part))
  if (missing.length) {
    console.error(`${name}: left out, without ${missing.join(' and ')}`)
    continue
  }
  if (possible?.() === false) {
    console.error(`${name}: left out, not possible here`)
    continue
  }
  if (process.stderr.isTTY) console.error(`${name} ...`)
  results.push(await run(programs))
}

const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model }
const report = JSON.stringify({ measuredAt: new Date().toISOString(), machine, results }, null, 2)
writeFileSync(join(ROOT, 'bench.json'), `${report}\n`)
console.log(values.json ? report : resultTable(results))
process.exit(0)
