import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { buildNode } from '../../scripts/build/node.ts'
import { requirePart } from '../parts/available.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { startProcessTransport } from './suite/process-transport.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('kratos')

describe.skipIf(SKIPPED)('the bundle, moved away from node_modules', () => {
  gatewaySuite('with MariaDB, NATS and Kratos', async () => {
    const dist = tempDir('dist')
    await buildNode(dist)
    const home = tempDir('bundle')
    cpSync(join(dist, 'node'), home, { recursive: true })
    return startProcessTransport([join(home, 'authlance.mjs')])
  })
})
