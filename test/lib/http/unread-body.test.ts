import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { finishResponse } from '../../../lib/http/finish-response.ts'
import { traceOf } from '../../../lib/http/trace.ts'
import { proxyToKratos } from '../../../lib/ory/proxy.ts'
import { createTestEnv } from '../../parts/test-env.ts'

const unhandled = vi.fn()
beforeEach(() => void process.on('unhandledRejection', unhandled))
afterEach(() => void process.off('unhandledRejection', unhandled))

/** A body whose connection broke off: giving it up fails as well. */
function brokenBody() {
  const cancel = vi.fn(() => Promise.reject(new Error('connection reset')))
  return { cancel, body: new ReadableStream({ cancel }) }
}

it('of an answer to HEAD may be broken', async () => {
  const { config, close } = await createTestEnv()
  const { cancel, body } = brokenBody()
  const request = new Request('http://auth.example.com/x', { method: 'HEAD' })
  const answered = { request, config, trace: traceOf(request) }
  expect(finishResponse(new Response(body), answered).body).toBeNull()
  await new Promise((resolve) => setImmediate(resolve))
  expect([cancel.mock.calls.length, unhandled.mock.calls]).toEqual([1, []])
  await close()
})

it('of a redirect to the admin API may be broken', async () => {
  const { cancel, body } = brokenBody()
  const headers = new Headers({ location: 'http://kratos:4434/admin/recovery/code' })
  const proxySend = async () => ({ status: 307, statusText: '', headers, body })
  const { env, ctx, close } = await createTestEnv({ env: { proxySend } })
  const request = new Request('http://auth.example.com/authlance/identity/recovery/code')
  const answer = proxyToKratos({ request, env, ctx, trace: traceOf(request) }, 'recovery/code')
  await expect(answer).rejects.toMatchObject({ code: 'not_found' })
  await new Promise((resolve) => setImmediate(resolve))
  expect([cancel.mock.calls.length, unhandled.mock.calls]).toEqual([1, []])
  await close()
})
