import { markAddressSent } from './addresses.ts'
import { showCodeForm } from './code-forms.ts'
import { createCode } from './codes.ts'
import { type ContinueWith, showVerification } from './continue-with.ts'
import { mailVerificationCode } from './courier.ts'
import { transaction } from './database.ts'
import { type Exchange, renewCsrf } from './exchange.ts'
import { type Flow, newFlow } from './flow.ts'
import { flowPage, saveFlow } from './flows.ts'
import { getIdentity } from './identities.ts'
import type { Identity } from './identity.ts'

/**
 * Begins the verification of an identity's addresses, mails the codes, and tells the frontend where to continue.
 * After a registration every unverified address counts, after a change of settings only one that is new.
 */
export function startVerification(exchange: Exchange, identity: Identity, origin: Flow): ContinueWith[] {
  const { emulator } = exchange
  const isRegistration = origin.kind === 'registration'
  const due = identity.verifiableAddresses.filter((address) =>
    isRegistration ? !address.verified : address.status === 'pending',
  )
  return transaction(emulator.database, () =>
    due.map((address) => {
      if (isRegistration && origin.type === 'browser') renewCsrf(exchange)
      const flow = { ...newFlow(exchange, 'verification', origin.type), active: 'code', state: 'sent_email' }
      if (origin.type === 'api') flow.csrfToken = ''
      flow.requestUrl = originUrl(origin)
      flow.identityId = identity.id
      if (origin.transientPayload) flow.transientPayload = origin.transientPayload
      showCodeForm(exchange, flow)
      saveFlow(emulator, flow)

      const code = createCode(emulator, flow, { identityId: identity.id, addressId: address.id })
      mailVerificationCode(emulator, flow, getIdentity(emulator.database, identity.id), address.value, code)
      markAddressSent(emulator, address.id)
      return showVerification(flow, address.value, origin.type === 'browser' ? flowPage(emulator, flow) : '')
    }),
  )
}

/** The URL that began the other flow; `after_verification_return_to` takes the place of its `return_to`. */
function originUrl(origin: Flow): string {
  const url = new URL(origin.requestUrl)
  const wanted = url.searchParams.get('after_verification_return_to')
  if (wanted) url.searchParams.set('return_to', wanted)
  url.searchParams.delete('after_verification_return_to')
  url.searchParams.sort()
  return url.toString()
}
