import { newId, type StandIn } from './stand-in.ts'
import type { StoredPortalSession } from './stored.ts'

export interface NewPortalSession {
  customer: string
  returnUrl?: string | null
  locale?: string | null
}

export function createPortalSession(standIn: StandIn, wanted: NewPortalSession): StoredPortalSession {
  const id = newId(standIn, 'bps')
  const session: StoredPortalSession = {
    id,
    object: 'billing_portal.session',
    configuration: 'bpc_standin',
    created: standIn.clock.seconds(),
    customer: wanted.customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: (wanted.locale ?? null) as StoredPortalSession['locale'],
    on_behalf_of: null,
    return_url: wanted.returnUrl ?? null,
    url: `${standIn.baseUrl()}/portal/${id}`,
  }
  standIn.store.portalSessions.set(id, session)
  return session
}
