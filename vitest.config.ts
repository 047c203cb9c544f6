import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // One for each core: most tests wait for servers, so that leaving a core free would leave half of two idle.
    maxWorkers: availableParallelism(),
    // A run on a busy machine, with nobody at the keyboard; the report names what needed it.
    retry: process.env.CI === 'true' ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/parts/global-setup.ts'],
    reporters: ['default', './test/parts/summary-reporter.ts'],
  },
})
