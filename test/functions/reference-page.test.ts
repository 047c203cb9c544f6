import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import asset from '../../functions/authlance/docs/[asset].ts'
import docs from '../../functions/authlance/docs.ts'
import openApi from '../../functions/authlance/openapi.json.ts'
import { readAsset } from '../../runtime/node/assets.ts'
import { createRouter } from '../../runtime/router.ts'
import { requirePart } from '../parts/available.ts'
import { call } from '../parts/call.ts'
import { launchChromium } from '../parts/chromium.ts'
import { createTestEnv, type TestEnv } from '../parts/test-env.ts'

let test: TestEnv

beforeAll(async () => {
  test = await createTestEnv({ env: { assets: { get: readAsset } } })
})
afterAll(() => test.close())

describe('/authlance/openapi.json', () => {
  const get = (headers = {}) => call(test, openApi, '/authlance/openapi.json', { headers })

  it('serves the document, and nothing to a client that has it', async () => {
    const { status, headers, body } = await get()
    expect([status, headers.get('content-type'), body.openapi]).toEqual([200, 'application/json', '3.1.1'])
    expect(headers.get('cache-control')).toBe('public, max-age=300')

    const etag = headers.get('etag')!
    const again = await get({ 'if-none-match': etag })
    expect([again.status, again.headers.get('etag'), again.body]).toEqual([304, etag, ''])
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200)
  })
})

describe('/authlance/docs', () => {
  const file = (name: string) => call(test, asset, `/authlance/docs/${name}`)

  it('has a policy that keeps it to its own origin and to script from files', async () => {
    const { status, headers, body } = await call(test, docs, '/authlance/docs')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';")
    expect(body).not.toMatch(/<script>|https?:|\son\w+=/)
  })

  it.each([
    ['swagger-ui.css', 'text/css; charset=utf-8'],
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['start.js', 'text/javascript; charset=utf-8'],
    ['favicon-32x32.png', 'image/png'],
  ])('serves %s', async (name, type) => {
    const { status, headers, body } = await file(name)
    expect([status, headers.get('content-type')]).toEqual([200, type])
    expect(headers.get('cache-control')).toBe('public, max-age=3600')
    expect(body.length).toBeGreaterThan(100)
  })

  it.each(['package.json', 'index.html', 'swagger-ui.js', 'swagger-ui-bundle.js.map', '..%2Fpackage.json'])(
    'has no %s',
    async (name) => {
      const { status, body } = await file(name)
      expect([status, body.code]).toEqual([404, 'not_found'])
    },
  )
})

describe.skipIf(requirePart('chromium'))('the page in a browser', () => {
  let server: Server
  let origin: string

  beforeAll(async () => {
    const answer = createRouter([docs, asset, openApi])
    server = createServer(getRequestListener((request) => answer(request, test)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  it('lists and tries operations without a complaint, and asks no other host for anything', async () => {
    await using browser = await launchChromium()
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== origin)
        complaints.push(request.url())
    })

    await page.goto(`${origin}/authlance/docs`)
    const exchange = page.locator('#operations-Auth-authlanceIdentityMePost')
    expect(await exchange.locator('.opblock-summary-description').textContent()).toBe(
      'Exchange a Kratos session for a loopToken',
    )
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    await page.getByRole('button', { name: 'Close', exact: true }).first().click()

    const document = page.locator('#operations-Docs-authlanceOpenapiJsonGet')
    await document.locator('.opblock-summary-control').click()
    await document.getByRole('button', { name: 'Try it out' }).click()
    await document.getByRole('button', { name: 'Execute' }).click()

    expect(
      await document.locator('.live-responses-table .response-col_status').last().textContent(),
    ).toContain('200')
    expect(complaints).toEqual([])
  })
})
