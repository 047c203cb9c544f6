import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { requirePart } from '../parts/available.ts'
import { type RunningProcess, startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { startDev } from '../runtime/dev/start-dev.ts'

describe('npm run demo', () => {
  test('tells the whole story on a development stack of its own', async () => {
    const { code, output } = await play([])

    expect(output).toContain('✓ no surprise')
    expect(code).toBe(0)
    expect(output).toMatch(/→ POST \/authlance\/identity\/me .*\n.*← 200 .*loopToken/)
    expect(output).toContain('← 401  session_revoked')
    for (const subject of ['user.created', 'group.created', 'subscription.created', 'user.authenticated']) {
      expect(output).toContain(subject)
    }
    expectPurchase(output)
  })

  test('shows no whole token, password or anti-CSRF token, and no colours in a pipe', async () => {
    const { output } = await play([])

    expect(output).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
    expect(output).not.toContain('analytical engine')
    expect(output).toContain('"csrf_token":"…"')
    expect(output).toContain('"available":true,"signature":"…"')
    expect(output).not.toMatch(/cs_test_\w{40}|whsec_|sk_test_/)
    expect(output).not.toContain('\u001b')
  })

  test('plays at a stack that runs already, as often as wanted', async () => {
    const dev = await startDev(tempDir('demo'))
    for (const url of [dev.url, `${dev.url}/`]) {
      const { code, output } = await play(['--url', url])
      expect(output).toContain(`at ${dev.url}\n`)
      expect(code).toBe(0)
    }
    await dev.stop()
  })

  test('ends with 1 and says why at the first surprise', async () => {
    const server = createServer((_, response) => response.writeHead(418).end('{"teapot":true}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    const { code, output } = await play(['--url', url])
    server.close()

    expect(code).toBe(1)
    expect(output).toContain('✗ surprise: GET /authlance/identity/self-service/registration/browser')
    expect(output).toContain('expected 200, got 418 {"teapot":true}')
    expect(output).not.toContain('no surprise')
  })

  test('ends with 1 when nothing listens, and with 2 when it is called wrongly', async () => {
    const absent = await play(['--url', 'http://127.0.0.1:9'])
    expect(absent.code).toBe(1)
    expect(absent.output).toContain('got no answer')
    const wrong = await play(['--hydra'])
    expect(wrong.code).toBe(2)
    expect(wrong.output).toContain('usage: npm run demo')
  })
})

describe.skipIf(requirePart('kratos') || requirePart('nats'))('npm run demo -- --ory', () => {
  test('tells the same story with a real Kratos and NATS', async () => {
    const { code, output } = await play(['--ory'])

    expect(output).toContain('✓ no surprise')
    expect(code).toBe(0)
    expect(output).toContain('Ory Kratos 1.3.1')
    expect(output).toContain('NATS JetStream')
    expectPurchase(output)
    expect(output).toContain('← 401  session_revoked')
  })
})

/** A plan is bought, its first bill is declined, then paid: in this order. */
function expectPurchase(output: string): void {
  const order = [
    /POST \/authlance\/payments\/api\/v1\/checkout-session/,
    /"status":"trialing","billingProvider":"stripe"/,
    /payment\.declined +no\./,
    /"status":"past_due"/,
    /payment\.success +no\..*\n.*\n.*"status":"active"/,
  ]
  const places = order.map((line) => output.search(line))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
}

async function play(args: string[]): Promise<{ code: number | null; output: string }> {
  const demo: RunningProcess = startProcess(process.execPath, ['test/demo/index.ts', ...args], {
    env: { FORCE_COLOR: undefined },
  })
  const { code } = await demo.exit
  return { code, output: demo.output() }
}
