import { describe } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { startProcessTransport } from './suite/process-transport.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('kratos')

describe.skipIf(SKIPPED)('with real parts', () => {
  gatewaySuite('Node, MariaDB, NATS and Kratos', () => startProcessTransport())
})
