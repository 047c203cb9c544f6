import { isJsonRequest } from './accept.ts'
import { findAddress, markAddressVerified } from './addresses.ts'
import { useCode } from './codes.ts'
import { transaction } from './database.ts'
import { type Exchange, json, redirect, renewCsrf, requestUrl } from './exchange.ts'
import { type Flow, flowJson, returnToOf } from './flow.ts'
import { flowPage, saveFlow } from './flows.ts'
import { clearMessages } from './form-values.ts'
import { getIdentity } from './identities.ts'
import type { Identity } from './identity.ts'
import { kratosError } from './kratos-error.ts'
import { flowExpired, genericError, recoveryCodeInvalid, recoverySuccessful } from './messages.ts'
import { retryRecovery } from './recovery-form.ts'
import { issueCookie } from './session-cookie.ts'
import { openSession } from './sessions.ts'
import { createSettings } from './settings-form.ts'

/** Signs a person in who has typed the code from the mail, and leads them to their settings for a new password. */
export function finishRecovery(exchange: Exchange, flow: Flow, digits: string): Response {
  const { emulator } = exchange
  const use = useCode(emulator, flow.id, digits)
  if (use.kind === 'unknown') return refuseCode(exchange, flow)
  if (use.kind === 'refused') return retryRecovery(exchange, flow.type, genericError(use.reason))
  if (use.kind === 'expired') {
    return retryRecovery(exchange, flow.type, flowExpired('recovery', use.expiredAt, emulator.now()))
  }

  const { identityId, addressId } = use.code
  if (addressId) verifyAddressOf(exchange, getIdentity(emulator.database, identityId))
  return signIn(exchange, flow, getIdentity(emulator.database, identityId))
}

function refuseCode(exchange: Exchange, flow: Flow): Response {
  clearMessages(flow.ui)
  flow.ui.messages = [recoveryCodeInvalid]
  saveFlow(exchange.emulator, flow)
  return flow.type === 'browser' && !isJsonRequest(exchange.request)
    ? redirect(exchange, flowPage(exchange.emulator, flow))
    : json(exchange, flowJson(flow))
}

/** Who reads the mail owns the address, so that it counts as verified too. */
function verifyAddressOf({ emulator }: Exchange, identity: Identity): void {
  for (const { value } of identity.recoveryAddresses) {
    const known = identity.verifiableAddresses.find((address) => address.value === value)
    if (known && !known.verified)
      markAddressVerified(emulator, findAddress(emulator, 'verifiable', value)!.id)
  }
}

function signIn(exchange: Exchange, flow: Flow, identity: Identity): Response {
  const { emulator, request } = exchange
  const settings = transaction(emulator.database, () => {
    delete flow.ui.messages
    flow.state = 'passed_challenge'
    flow.identityId = identity.id
    if (flow.type === 'browser') flow.csrfToken = renewCsrf(exchange)
    saveFlow(emulator, flow)

    const session = openSession(exchange, identity, 'code_recovery')
    if (flow.type === 'browser') issueCookie(exchange, session)
    return settingsAfter(exchange, flow, identity)
  })

  const page = flowPage(emulator, settings)
  if (!isJsonRequest(request)) return redirect(exchange, page)
  throw kratosError(
    422,
    {
      id: 'browser_location_change_required',
      reason: `In order to complete this flow please redirect the browser to: ${page}`,
      message: 'browser location change required',
    },
    { redirect_browser_to: page },
  )
}

function settingsAfter(exchange: Exchange, flow: Flow, identity: Identity): Flow {
  const { emulator } = exchange
  const settings = createSettings(exchange, identity, flow.type)
  const returnTo = returnToOf(flow)
  const url = new URL(requestUrl(exchange))
  if (returnTo) {
    url.searchParams.set('return_to', returnTo)
    url.searchParams.sort()
  }
  settings.requestUrl = url.toString()
  const privilegedUntil = emulator.now() + emulator.lifespans.privilegedSeconds * 1000
  settings.ui.messages = [recoverySuccessful(privilegedUntil, emulator.now())]
  saveFlow(emulator, settings)
  return settings
}
