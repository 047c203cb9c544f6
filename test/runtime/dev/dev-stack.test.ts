import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ADMINISTRATOR } from '../../../runtime/dev/dev-config.ts'
import { registerUser, signInBrowser } from '../../parts/kratos-user.ts'
import { startProcess } from '../../parts/process.ts'
import { tempDir } from '../../parts/temp-dir.ts'
import { type DevProcess, interrupt, startDev } from './start-dev.ts'

let dataPath: string
let dev: DevProcess | undefined

beforeEach(() => {
  dataPath = tempDir('dev')
})
afterEach(async () => {
  await dev?.stop()
  dev = undefined
})

describe('npm run dev', () => {
  test('tells what runs where and how to sign in, without colours when nobody watches', async () => {
    dev = await startDev(dataPath)

    const text = dev.output()
    for (const part of [
      'page',
      'API',
      'internal',
      'Ory emulator',
      'Stripe',
      'data',
      'log',
      'administrator',
      'Try',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).toContain(ADMINISTRATOR.email)
    expect(text).toContain(ADMINISTRATOR.password)
    expect(text).not.toContain('\u001b')
    expect(dev.stderr()).toBe('')
  })

  test('serves the product with every part up and tiers on offer', async () => {
    dev = await startDev(dataPath)

    const ready = await json(`${dev.url}/readyz`)
    expect(ready).toMatchObject({ state: 'up', parts: { kratos: { state: 'up' }, bus: { state: 'up' } } })
    const tiers = await json(`${dev.url}/authlance/identity/api/v1/subscriptions/tiers`)
    expect(tiers.map(({ tierName }: { tierName: string }) => tierName)).toEqual(['Standard', 'Company'])
  })

  test('the printed administrator signs in with the printed password and holds sysadmin', async () => {
    dev = await startDev(dataPath)

    const { user } = await signIn(dev.url, ADMINISTRATOR)
    expect(user).toMatchObject({ email: ADMINISTRATOR.email, verified: true, groups: ['operators'] })
    expect(user.roles).toContain('sysadmin')
  })

  test('keeps accounts, groups, sessions and keys over a restart', async () => {
    dev = await startDev(dataPath)
    const person = await registerUser(`${dev.url}/authlance/identity`)
    const before = await signIn(dev.url, person)
    const { port } = new URL(dev.url)
    await interrupt(dev)

    dev = await startDev(dataPath, ['--port', port])
    const after = await signIn(dev.url, person)
    expect(after.user.groups).toEqual(before.user.groups)
    const groups = await fetch(`${dev.url}/authlance/identity/api/v1/profile/my-groups/me`, {
      headers: { authorization: `Bearer ${before.token}` },
    })
    expect(groups.status).toBe(200)
  })

  test('keeps what was bought, and the account at the stand-in for Stripe, over a restart', async () => {
    dev = await startDev(dataPath)
    const buyer = await signIn(dev.url, ADMINISTRATOR)
    const bought = await buy(dev.url, buyer.token, 'kept-works')
    const { port } = new URL(dev.url)
    await interrupt(dev)

    dev = await startDev(dataPath, ['--port', port])
    expect(await activePlan(dev.url, buyer.token, 'kept-works')).toMatchObject(bought)
    const customer = `${dev.url}/dev/stripe/customers/${bought.billingCustomerId}`
    expect(await json(customer)).toMatchObject({
      subscription: { id: bought.billingSubscriptionId, status: 'trialing' },
      card: { works: true },
    })
    expect(statSync(join(dataPath, 'stripe.json')).mode & 0o777).toBe(0o600)
  })

  test('tells of a bill that it moves on to, by the webhook, after a restart on another port', async () => {
    dev = await startDev(dataPath)
    const { token } = await signIn(dev.url, ADMINISTRATOR)
    const { billingCustomerId } = await buy(dev.url, token, 'moved-works')
    await interrupt(dev)

    dev = await startDev(dataPath)
    const { url } = dev
    const moved = await postJson(`${url}/dev/stripe/customers/${billingCustomerId}`, { move: 'next-bill' })
    expect(moved).toMatchObject({ subscription: { status: 'active' } })
    await expect
      .poll(async () => (await activePlan(url, token, 'moved-works')).status, { timeout: 10_000 })
      .toBe('active')
  })

  test('--fresh forgets the accounts, but no file of somebody else', async () => {
    dev = await startDev(dataPath)
    const person = await registerUser(`${dev.url}/authlance/identity`)
    await interrupt(dev)
    writeFileSync(join(dataPath, 'letters.txt'), 'mine')

    dev = await startDev(dataPath, ['--port', '0', '--fresh'])
    expect(readFileSync(join(dataPath, 'letters.txt'), 'utf8')).toBe('mine')
    await expect(signInBrowser(`${dev.url}/authlance/identity`, person)).rejects.toThrow()
    expect((await signIn(dev.url, ADMINISTRATOR)).user.roles).toContain('sysadmin')
  })

  test('Ctrl-C ends it with 0 within two seconds, also while pages listen, and frees its ports', async () => {
    dev = await startDev(dataPath)
    const listening = await fetch(`${dev.url}/dev/events`)
    const ports = [...dev.output().matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))

    const { code, afterMs } = await interrupt(dev)

    expect(code).toBe(0)
    expect(afterMs).toBeLessThan(2000)
    expect(new Set(ports).size).toBe(5)
    for (const port of new Set(ports)) expect(await isOpen(port)).toBe(false)
    await listening.body?.cancel()
  })

  test('takes a free port when the wanted one is taken, and says so', async () => {
    dev = await startDev(dataPath)
    const { port } = new URL(dev.url)

    const second = await startDev(tempDir('dev'), ['--port', port])

    expect(second.url).not.toBe(dev.url)
    expect(second.output()).toContain(`port ${port} is taken: using ${new URL(second.url).port}`)
    await second.stop()
  })

  test('refuses a directory that another stack uses, and arguments that it does not know', async () => {
    dev = await startDev(dataPath)

    const second = startProcess(process.execPath, ['runtime/dev/index.ts', '--port', '0', '--data', dataPath])
    expect((await second.exit).code).toBe(1)
    expect(second.stderr()).toContain('another development stack is using')
    const wrong = startProcess(process.execPath, ['runtime/dev/index.ts', '--prot', '1'])
    expect((await wrong.exit).code).toBe(2)
    expect(wrong.stderr()).toContain('usage: npm run dev')
  })

  test('keeps the key to itself, and writes neither it nor a code into the log', async () => {
    dev = await startDev(dataPath)
    await registerUser(`${dev.url}/authlance/identity`)
    const [mail] = await json(`${dev.url}/dev/mails`)
    expect(mail.code).toMatch(/^\d{6}$/)
    await interrupt(dev)

    const key = readFileSync(join(dataPath, 'jwt-key'), 'utf8').trim()
    const log = readFileSync(join(dataPath, 'dev.log'), 'utf8')
    expect(statSync(join(dataPath, 'jwt-key')).mode & 0o777).toBe(0o600)
    expect(log).toContain('"msg":"request"')
    expect(log).not.toContain(key)
    expect(log).not.toContain(mail.code)
  })

  test('answers the page and its mails to its own names alone', async () => {
    dev = await startDev(dataPath)
    const { port } = new URL(dev.url)
    const own = ['/', '/dev/mails', '/dev/stack', '/dev/events', '/dev/page/main.ts']
    for (const path of [...own, '/subscription/payment/success', '/dev/stripe/customers/cus_1']) {
      expect(await statusAs(`rebound.example:${port}`, path, Number(port))).toBe(404)
    }
    expect(await statusAs(`localhost:${port}`, '/', Number(port))).toBe(200)
  })
})

/** Buys a plan, and comes back from the payment as a browser does. */
async function buy(url: string, token: string, name: string) {
  const authorization = `Bearer ${token}`
  const api = `${url}/authlance/identity/api/v1/profile`
  const { signature } = await json(`${api}/my-group/${name}/me/available`, { headers: { authorization } })
  const order = {
    lookupKey: 'standard_yearly',
    organizationName: name,
    organizationLongName: name,
    signature,
  }
  const payments = `${url}/authlance/payments/api/v1`
  const checkout = await postJson(`${payments}/checkout-session`, order, { authorization })
  const paid = await fetch(checkout.url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ action: 'pay' }),
  })
  const sessionId = new URL(paid.headers.get('location')!).searchParams.get('session_id')
  await postJson(`${payments}/session-id`, { sessionId }, { authorization })
  return activePlan(url, token, name)
}

function activePlan(url: string, token: string, group: string) {
  const path = `/authlance/identity/api/v1/profile/subscriptions/me/${group}/active`
  return json(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
}

// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<any> {
  return json(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function signIn(url: string, person: { email: string; password: string }) {
  const { sid, cookie } = await signInBrowser(`${url}/authlance/identity`, person)
  const { token } = await json(`${url}/authlance/identity/me`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, origin: url },
    body: JSON.stringify({ session: sid }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
  return { token: token as string, user: decodeJwt(token).user as any }
}

// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects
async function json(url: string, init?: RequestInit): Promise<any> {
  return (await fetch(url, init)).json()
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** The status for a `Host` that `fetch` would not let us send. */
function statusAs(host: string, path: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    )
    socket.once('error', reject)
    socket.once('data', (data) => {
      socket.destroy()
      resolve(Number(data.toString().split(' ')[1]))
    })
  })
}
