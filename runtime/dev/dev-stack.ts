import type { Logger } from 'pino'
import { createLocalBus } from '../local-bus.ts'
import { serve } from '../node/serve.ts'
import { ensureAdministrator } from './administrator.ts'
import type { DataDirectory } from './data-directory.ts'
import { devConfig } from './dev-config.ts'
import { devRoutes, eventOnPage, mailOnPage } from './dev-routes.ts'
import { DEV_TIERS } from './dev-tiers.ts'
import { createLiveFeed } from './live-feed.ts'
import { type OpenedStripe, openStripe } from './open-stripe.ts'
import { createOryEmulator, type OryEmulator, type UiUrls } from './ory/ory-emulator.ts'
import { serveFetch } from './serve-fetch.ts'

export interface DevStack {
  /** The product and the page. */
  url: string
  internalUrl: string
  kratosUrl: string
  kratosAdminUrl: string
  stripeUrl: string
  stop(): Promise<void>
}

export interface DevStackOptions {
  directory: DataDirectory
  port: number
  log: Logger
}

/** The stand-in for Stripe listens this far above the product, where that is free. */
const STRIPE_PORT_STEP = 10

/** Starts the product with SQLite, a bus within this process, an emulated Ory and a stand-in for Stripe, all on loopback. */
export async function startDevStack({ directory, port, log }: DevStackOptions): Promise<DevStack> {
  const { databaseFile, oryFile, stripeFile, jwtKey } = directory
  const url = `http://127.0.0.1:${port}`
  const feed = createLiveFeed()
  const bus = createLocalBus(log)
  bus.subscribe((message) => feed.send(eventOnPage(message)))
  const ory = await startOry(url, oryFile, (mail) => feed.send(mailOnPage(mail)))
  let stripe: OpenedStripe | undefined
  try {
    stripe = await openStripe({
      productUrl: url,
      tiers: DEV_TIERS,
      dataFile: stripeFile,
      port: port + STRIPE_PORT_STEP,
    })
    const { url: stripeUrl, moves, close: closeStripe } = stripe
    await ensureAdministrator(ory.adminUrl)
    const config = devConfig({
      port,
      databaseFile,
      jwtKey,
      kratosUrl: ory.publicUrl,
      kratosAdminUrl: ory.adminUrl,
      stripe,
    })
    const extraRoutes = devRoutes({ feed, mails: ory.mails, moves })
    const server = await serve(config, { log, bus, extraRoutes })
    await server.seeded
    return {
      url: server.url,
      internalUrl: server.internalUrl,
      kratosUrl: ory.publicUrl,
      kratosAdminUrl: ory.adminUrl,
      stripeUrl,
      async stop() {
        feed.close()
        await closeStripe()
        await server.stop()
        await ory.stop()
      },
    }
  } catch (error) {
    await stripe?.close()
    await ory.stop()
    throw error
  }
}

/** The emulator on two loopback ports. @param url where browsers reach the product, which passes its public API on */
async function startOry(
  url: string,
  dataFile: string,
  onMail: Parameters<typeof createOryEmulator>[0]['onMail'],
) {
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
