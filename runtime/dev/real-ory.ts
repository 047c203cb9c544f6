import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventMessage } from '../../lib/events/bus.ts'
import type { DevOry } from './dev-ory.ts'
import type { Mail } from './ory/ory-emulator.ts'

export interface RealOryOptions {
  /** Where browsers reach the product, which passes both public APIs on. */
  url: string
  /** The product's port for mail and hooks. */
  internalUrl: string
  mailAuth: { user: string; password: string }
  hydraLoginToken: string
  /** Holds both databases. */
  directory: string
  onMail(mail: Mail): void
  /** Told of what takes long. */
  say(text: string): void
}

/**
 * Kratos and Hydra themselves, built with Go the first time, as the tests start them: mails and hooks come to the product, and Hydra
 * sends browsers to the pages /login, /consent and /logout.
 * @throws without a Go to build them with
 */
export async function startRealOry(options: RealOryOptions): Promise<DevOry> {
  const { url, internalUrl, mailAuth, hydraLoginToken, directory, onMail, say } = options
  const parts = '../../test/parts'
  const [{ isAvailable }, { oryBinary }, { startKratos }, { startHydra }] = await Promise.all([
    import(`${parts}/available.ts`),
    import(`${parts}/ory-binary.ts`),
    import(`${parts}/kratos.ts`),
    import(`${parts}/hydra.ts`),
  ])
  for (const name of ['kratos', 'hydra'] as const) {
    if (isAvailable(name)) continue
    if (!isAvailable('go')) throw new Error('--ory builds Kratos and Hydra, which needs Go and a C compiler')
    say(`building ${name}, which takes a minute or two`)
    await oryBinary(name)
  }

  const dir = (name: string) => {
    const path = join(directory, name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }
  const hydra = await startHydra({
    dir: dir('hydra'),
    issuerUrl: `${url}/authlance/openid`,
    loginUrl: `${url}/login`,
    consentUrl: `${url}/consent`,
    logoutUrl: `${url}/logout`,
    tokenHook: { url: `${internalUrl}/authlance/identity/token_hook`, bearer: hydraLoginToken },
  })
  const kratos = await startKratos({
    dir: dir('kratos'),
    publicBaseUrl: `${url}/authlance/identity/`,
    uiBaseUrl: url,
    courierUrl: `${internalUrl}/authlance/identity/email`,
    courierAuth: mailAuth,
    registrationHookUrl: `${internalUrl}/authlance/identity/email/register`,
    registrationHookAuth: mailAuth,
    oauth2ProviderUrl: hydra.adminUrl,
  })
  const mails: Mail[] = []
  return {
    publicUrl: kratos.publicUrl,
    adminUrl: kratos.adminUrl,
    hydra: { url: hydra.publicUrl, adminUrl: hydra.adminUrl, hydraLoginToken },
    mails: () => mails,
    takeMail(message) {
      const mail = mailOf(message)
      mails.push(mail)
      onMail(mail)
    },
    stop: () => Promise.all([kratos.stop(), hydra.stop()]),
  }
}

function mailOf({ id, data }: EventMessage): Mail {
  const { to, templateId, templateModel, time } = JSON.parse(data)
  const code = templateModel.verification_code ?? templateModel.recovery_code ?? ''
  return {
    id,
    recipient: to,
    subject: templateId,
    templateType: templateId,
    code,
    createdAt: Date.parse(time),
    body: code,
    templateData: templateModel,
  }
}
