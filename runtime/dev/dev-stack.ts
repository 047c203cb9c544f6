import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { createLocalBus } from '../local-bus.ts'
import { serve } from '../node/serve.ts'
import { ensureAdministrator } from './administrator.ts'
import { choosePort } from './choose-port.ts'
import type { DataDirectory } from './data-directory.ts'
import { devConfig } from './dev-config.ts'
import { startEmulatedOry } from './dev-ory.ts'
import { devRoutes, eventOnPage, mailOnPage } from './dev-routes.ts'
import { DEV_TIERS } from './dev-tiers.ts'
import { createLiveFeed } from './live-feed.ts'
import { type OpenedStripe, openStripe } from './open-stripe.ts'
import type { Mail } from './ory/ory-emulator.ts'
import { startRealOry } from './real-ory.ts'

export interface DevStack {
  /** The product and the page. */
  url: string
  internalUrl: string
  kratosUrl: string
  kratosAdminUrl: string
  /** With real Ory. */
  hydraUrl?: string
  hydraAdminUrl?: string
  stripeUrl: string
  stop(): Promise<void>
}

export interface DevStackOptions {
  directory: DataDirectory
  port: number
  log: Logger
  /** Real Kratos and Hydra in the place of the emulator. */
  realOry?: boolean
  /** Told of what takes long. */
  say?(text: string): void
}

/** The stand-in for Stripe listens this far above the product, where that is free. */
const STRIPE_PORT_STEP = 10

/** Starts the product with SQLite, a bus within this process, an Ory, emulated or real, and a stand-in for Stripe, all on loopback. */
export async function startDevStack(options: DevStackOptions): Promise<DevStack> {
  const { directory, port, log, realOry = false, say = () => {} } = options
  const { databaseFile, oryFile, oryDirectory, stripeFile, jwtKey } = directory
  const url = `http://127.0.0.1:${port}`
  const feed = createLiveFeed()
  const bus = createLocalBus(log)
  bus.subscribe((message) => feed.send(eventOnPage(message)))
  const onMail = (mail: Mail) => feed.send(mailOnPage(mail))
  const internal = {
    port: await choosePort(0),
    mailAuth: { user: 'kratos', password: randomBytes(24).toString('hex') },
  }
  const ory = realOry
    ? await startRealOry({
        url,
        internalUrl: `http://127.0.0.1:${internal.port}`,
        mailAuth: internal.mailAuth,
        hydraLoginToken: randomBytes(24).toString('hex'),
        directory: oryDirectory,
        onMail,
        say,
      })
    : await startEmulatedOry({ url, dataFile: oryFile, onMail })
  bus.subscribe((message) => message.subject === 'mail.send' && ory.takeMail?.(message))
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
      ory,
      mailAuth: { port: internal.port, ...internal.mailAuth },
      stripe,
    })
    const extraRoutes = devRoutes({ feed, mails: ory.mails, moves, realOry })
    const server = await serve(config, { log, bus, extraRoutes })
    await server.seeded
    return {
      url: server.url,
      internalUrl: server.internalUrl,
      kratosUrl: ory.publicUrl,
      kratosAdminUrl: ory.adminUrl,
      ...(ory.hydra && { hydraUrl: ory.hydra.url, hydraAdminUrl: ory.hydra.adminUrl }),
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
