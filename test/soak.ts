import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/*
 * The long forms of the tests that kill or restart servers. `npm run test:soak -- --seed N` repeats a run, as far as the machine lets
 * it: the seed decides what is done and in which order, not how long the machine takes for it.
 */

const TESTS = [
  'test/e2e/kill.test.ts',
  'test/e2e/mail-kill.test.ts',
  'test/e2e/mail-courier.test.ts',
  'test/e2e/ledger-oracle.test.ts',
  'test/e2e/rolling-restart.test.ts',
]

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true })
const env = { ...process.env, SOAK: '1', ...(values.seed && { RANDOM_SEED: values.seed }) }
const tests = positionals.length > 0 ? positionals : TESTS
const { status } = spawnSync('vitest', ['run', ...tests], { env, stdio: 'inherit' })
process.exitCode = status ?? 1
