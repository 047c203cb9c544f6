import { afterEach, describe, expect, it, vi } from 'vitest'
import { noMetrics } from '../../lib/metrics.ts'
import { freePort } from '../parts/free-port.ts'
import { type Gate, startGate } from '../parts/proxy-gate.ts'
import { type StubUpstream, startStubUpstream } from '../parts/stub-upstream.ts'

let gate: Gate
let late: StubUpstream | undefined
afterEach(async () => {
  await late?.close()
  late = undefined
  await gate.close()
})

/** A gate whose Kratos is not there yet, and a way to start it. */
async function gateBeforeKratos(kratos: Record<string, unknown> = {}) {
  const port = await freePort()
  gate = await startGate({ config: { kratos: { url: `http://127.0.0.1:${port}`, ...kratos } } })
  return async () => {
    late = await startStubUpstream(port)
  }
}

async function expectUnavailable(answer: Response) {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await answer.json()).toMatchObject({ code: 'upstream_unavailable' })
}

describe('while Kratos refuses connections', () => {
  it.each(['GET', 'HEAD'])('a %s is tried again and succeeds once Kratos is back', async (method) => {
    const startKratos = await gateBeforeKratos()
    const answer = gate.fetch('sessions/whoami', { method, headers: { cookie: 'ory_kratos_session=a' } })
    setTimeout(startKratos, 400)
    expect((await answer).status).toBe(200)
    expect(late!.arrived).toHaveLength(1)
  })

  it('a GET gives up after the configured time, and the loopToken stays', async () => {
    await gateBeforeKratos({ proxyRetryMs: 300 })
    const startedAt = performance.now()
    const answer = await gate.fetch('sessions/whoami', { headers: { cookie: 'loopToken=a.b.c' } })
    await expectUnavailable(answer)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(performance.now() - startedAt).toBeGreaterThan(150)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('a %s is never tried again', async (method) => {
    const startKratos = await gateBeforeKratos()
    const startedAt = performance.now()
    const answer = await gate.fetch('self-service/settings', {
      method,
      ...(method !== 'DELETE' && { body: 'a=1' }),
    })
    await expectUnavailable(answer)
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await startKratos()
    expect(late!.arrived).toEqual([])
  })
})

describe('when Kratos breaks off before it answers', () => {
  it('a GET is tried again, a POST is not', async () => {
    gate = await startGate()
    let calls = 0
    gate.kratos.respond((_request, response) => {
      calls++
      if (calls === 1) response.socket?.destroy()
      else response.end('done')
    })
    expect(await (await gate.fetch('sessions/whoami')).text()).toBe('done')
    expect(calls).toBe(2)

    calls = 0
    await expectUnavailable(await gate.fetch('self-service/login?flow=1', { method: 'POST', body: 'a=1' }))
    expect(calls).toBe(1)
  })
})

describe('when Kratos is slow', () => {
  it.each(['GET', 'POST'])('a %s ends at the time limit with 503 and is not tried again', async (method) => {
    gate = await startGate({ config: { kratos: { proxyTimeoutMs: 150 } } })
    gate.kratos.respond(() => {})
    await expectUnavailable(await gate.fetch('schemas', { method }))
    expect(gate.kratos.arrived).toHaveLength(1)
  })

  it('the time limit does not cut a body that has begun', async () => {
    gate = await startGate({ config: { kratos: { proxyTimeoutMs: 100 } } })
    gate.kratos.respond(async (_request, response) => {
      response.write('slow ')
      await new Promise((resolve) => setTimeout(resolve, 300))
      response.end('body')
    })
    expect(await (await gate.fetch('schemas')).text()).toBe('slow body')
  })

  it('says so in the metrics and the log, without credentials', async () => {
    const observed = vi.fn()
    const metrics = { ...noMetrics, observeUpstream: observed }
    gate = await startGate({ config: { kratos: { proxyTimeoutMs: 50 } }, env: { metrics } })
    gate.kratos.respond(() => {})
    await gate.fetch('schemas?secret=s3cret', { headers: { 'x-session-token': 'ory_st_s3cret' } })
    expect(observed).toHaveBeenCalledWith('kratos', 'proxy', 'unavailable', expect.any(Number))
    expect(gate.log.lines.map((line) => [line.level, line.message])).toContainEqual([
      'warn',
      'Kratos gives no answer',
    ])
    expect(JSON.stringify(gate.log.lines)).not.toContain('s3cret')
  })
})
