import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // One for each core: most tests wait for servers, so that leaving a core free would leave half of two idle.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/parts/global-setup.ts'],
    reporters: ['default', './test/parts/summary-reporter.ts'],
  },
})
