import type { EventMessage } from '../../lib/events/bus.ts'
import type { Mail, UiUrls } from './ory/ory-emulator.ts'
import { createOryEmulator, type OryEmulator } from './ory/ory-emulator.ts'
import { serveFetch } from './serve-fetch.ts'

/** The Ory that a development stack stands in front of. */
export interface DevOry {
  publicUrl: string
  adminUrl: string
  /** Real Ory alone has it. */
  hydra?: { url: string; adminUrl: string; hydraLoginToken: string }
  /** Every mail so far, the oldest first. */
  mails(): Mail[]
  /** Takes a mail from the event that the product makes of it; an emulator has its mails already. */
  takeMail?(message: EventMessage): void
  stop(): Promise<unknown>
}

export interface EmulatedOryOptions {
  /** Where browsers reach the product, which passes Kratos' public API on. */
  url: string
  dataFile: string
  onMail(mail: Mail): void
}

/** An emulator of Kratos on two loopback ports. */
export async function startEmulatedOry({ url, dataFile, onMail }: EmulatedOryOptions): Promise<DevOry> {
  const uiPage = (name: string) => `${url}/#${name}`
  const uiUrls: UiUrls = {
    default: `${url}/`,
    login: uiPage('sign-in'),
    registration: uiPage('sign-up'),
    recovery: uiPage('recover'),
    verification: uiPage('verify'),
    settings: uiPage('password'),
    error: uiPage('error'),
  }
  let emulator: OryEmulator
  const publicServer = await serveFetch((request) => emulator.publicFetch(request))
  const adminServer = await serveFetch((request) => emulator.adminFetch(request))
  emulator = createOryEmulator({
    publicBaseUrl: `${url}/authlance/identity/`,
    adminBaseUrl: adminServer.url,
    uiUrls,
    dataFile,
    onMail,
    cookieSecure: false,
  })
  return {
    publicUrl: publicServer.url,
    adminUrl: adminServer.url,
    mails: emulator.mails,
    async stop() {
      await Promise.all([publicServer.close(), adminServer.close()])
      emulator.close()
    },
  }
}
