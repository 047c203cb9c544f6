import { afterAll, beforeAll, describe } from 'vitest'
import { eventTests } from './suite/events.ts'
import { httpTests } from './suite/http.ts'
import { paymentTests } from './suite/payments.ts'
import { readTests } from './suite/reads-and-profile.ts'
import { signInTests } from './suite/sign-in.ts'
import type { Transport } from './suite/transport.ts'

/**
 * What the product promises whatever it runs on. The suite acts as the unmodified dashboard does: it knows the public
 * address alone, with Kratos behind it.
 */
export function gatewaySuite(name: string, open: () => Promise<Transport>): void {
  describe(name, () => {
    let transport: Transport
    beforeAll(async () => {
      transport = await open()
    })
    afterAll(() => transport?.stop())

    describe('signing in and out', () => signInTests(() => transport))
    describe('reads and the profile', () => readTests(() => transport))
    describe('HTTP', () => httpTests(() => transport))
    describe('events', () => eventTests(() => transport))
    describe('payments', () => paymentTests(() => transport))
  })
}
