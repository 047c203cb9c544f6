import { describe } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { startEdgeTransport } from './suite/edge-transport.ts'

const SKIPPED = requirePart('mariadb') || requirePart('nats') || requirePart('kratos')

describe.skipIf(SKIPPED)('on workerd', () => {
  gatewaySuite('one worker with every route', () => startEdgeTransport('all'))
})
