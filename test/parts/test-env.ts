import { importTokenKeys } from '../../lib/auth/token-keys.ts'
import { storeStripeEvent } from '../../lib/billing/store-stripe-event.ts'
import { type Config, parseConfig } from '../../lib/config.ts'
import { migrate } from '../../lib/db/migrate.ts'
import type { Clock, Env, ExecutionContext } from '../../lib/env.ts'
import { createMailIntake } from '../../lib/mail/mail-intake.ts'
import { noMetrics } from '../../lib/metrics.ts'
import { createHydra } from '../../lib/ory/hydra.ts'
import { createKratos, type Kratos } from '../../lib/ory/kratos.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { createHttpProxy } from '../../runtime/node/proxy-by-http.ts'
import { type RecordedLog, recordLog } from './record-log.ts'

export interface TestEnvOptions {
  /** Keys of the configuration file in place of the defaults; `kratos` is merged, the rest is replaced. */
  config?: Record<string, unknown>
  /** A fixed clock that starts at this instant (milliseconds); absent, the real time. */
  now?: number
  /** Calls answered by a stub; the others go to `config.kratos`. */
  kratos?: Partial<Kratos>
  /** Services put in the place of the defaults. */
  env?: Partial<Omit<Env, 'config' | 'db' | 'kratos' | 'keys' | 'clock'>>
}

export interface TestEnv {
  env: Env
  config: Config
  ctx: TestContext
  clock: TestClock
  log: RecordedLog
  /** How often a handler has woken the relay. */
  wakes(): number
  /** How often a handler has woken the ledger worker. */
  ledgerWakes(): number
  close(): Promise<void>
}

export interface TestContext extends ExecutionContext {
  /** Waits for the work that handlers left behind. */
  settle(): Promise<void>
}

export interface TestClock extends Clock {
  advance(ms: number): void
}

/** Services on a migrated in-memory database, and a Kratos client that reaches nothing unless told where. */
export async function createTestEnv(options: TestEnvOptions = {}): Promise<TestEnv> {
  const { config } = parseConfig(fileOf(options.config), { env: {} })
  const { db, close } = openDatabase(config)
  await migrate(db, config)

  const clock = testClock(options.now)
  const log = recordLog()
  let wakes = 0
  let ledgerWakes = 0
  const hydra = createHydra(config.hydra, noMetrics)
  const env: Env = {
    config,
    db,
    proxySend: createHttpProxy(),
    kratos: { ...createKratos(config.kratos, noMetrics), ...options.kratos },
    keys: await importTokenKeys(config),
    clock,
    log,
    metrics: noMetrics,
    events: { wake: () => void wakes++ },
    ledger: { store: (taken) => storeStripeEvent(db, taken), wake: () => void ledgerWakes++ },
    mail: createMailIntake({ db, config, log }),
    assets: { get: async () => undefined },
    health: { check: async () => ({ state: 'up', parts: {} }) },
    ...(hydra && { hydra }),
    ...options.env,
  }
  const counters = { wakes: () => wakes, ledgerWakes: () => ledgerWakes }
  return { env, config, ctx: testContext(), clock, log, ...counters, close }
}

/** fetch refuses port 9 without trying to connect. */
const NOWHERE = 'http://127.0.0.1:9'

function fileOf({ kratos = {}, ...rest }: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    jwtKey: 'a-key-of-tests-that-is-32-bytes-long',
    database: { file: ':memory:' },
    log: { level: 'silent' },
    ...rest,
    kratos: { url: NOWHERE, adminUrl: NOWHERE, ...(kratos as object) },
  }
}

function testClock(start?: number): TestClock {
  let offset = 0
  return {
    now: () => (start ?? Date.now()) + offset,
    advance(ms) {
      offset += ms
    },
  }
}

function testContext(): TestContext {
  const pending: Promise<unknown>[] = []
  return {
    waitUntil: (promise) => void pending.push(promise),
    remoteAddress: '127.0.0.1',
    async settle() {
      await Promise.allSettled(pending)
    },
  }
}
