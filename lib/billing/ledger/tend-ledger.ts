import type { Trace } from '../../http/trace.ts'
import { settleLapsedCheckouts } from '../checkout/complete-checkout.ts'
import { endTrials } from './end-trials.ts'
import type { LedgerServices } from './ledger-services.ts'
import { linkUnclaimed } from './link-unclaimed.ts'

/**
 * Does what no event asks for: ends trials by the clock, links subscriptions whose group has become known, and settles checkouts whose
 * end nobody told us of.
 * @param options.unclaimedAfter where the last call left off
 */
export async function tendLedger(
  services: LedgerServices,
  { unclaimedAfter, now, trace }: { unclaimedAfter: number; now: number; trace: Trace },
): Promise<{ written: boolean; unclaimedAfter: number }> {
  const ended = await endTrials(services, now, trace)
  const linked = await linkUnclaimed(services, { after: unclaimedAfter, now, trace })
  const settled = await settleLapsedOrWait(services, now, trace)
  return { written: ended + linked.count + settled > 0, unclaimedAfter: linked.after }
}

/** Stripe may be away: then they wait for the next time. */
async function settleLapsedOrWait(services: LedgerServices, now: number, trace: Trace): Promise<number> {
  try {
    return await settleLapsedCheckouts(services, now, trace)
  } catch (error) {
    services.log.debug({ err: error }, 'lapsed checkouts could not be settled')
    return 0
  }
}
