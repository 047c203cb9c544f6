import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listCourierMessages } from '../../../lib/ory/kratos-courier.ts'
import { json, type StubUpstream, startStubUpstream } from '../../parts/stub-upstream.ts'

let kratos: StubUpstream
beforeAll(async () => {
  kratos = await startStubUpstream()
})
afterAll(() => kratos.close())

const ABANDONED = 'abandoned' as const
const query = (more = {}) => ({ adminUrl: kratos.url, status: ABANDONED, timeoutMs: 1000, ...more })

/** As Kratos 1.3 shows a mail. */
const mail = (n: number) => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  status: 'abandoned',
  type: 'email',
  recipient: `user-${n}@example.com`,
  body: '<redacted-unless-dev-mode>',
  subject: 'Please verify your email address',
  template_type: 'verification_code_valid',
  channel: 'email',
  send_count: 6,
  created_at: '2026-11-24T18:05:17.865672Z',
  updated_at: '2026-11-24T18:05:17.865672Z',
})

/** Pages as Kratos makes them, with an opaque token of where the next begins. */
function serve(total: number): void {
  kratos.respond(({ target }, response) => {
    const { searchParams } = new URL(target, kratos.url)
    const from = Number(atob(searchParams.get('page_token') ?? btoa('0')))
    const to = Math.min(total, from + Number(searchParams.get('page_size')))
    const next = `</admin/courier/messages?page_size=2&page_token=${btoa(String(to))}&status=abandoned>; rel="next"`
    const links = [
      '</admin/courier/messages?page_token=Zmlyc3Q&status=abandoned>; rel="first"',
      ...(to < total ? [next] : []),
    ]
    response.setHeader('link', links.join(','))
    json(
      response,
      200,
      Array.from({ length: to - from }, (_, index) => mail(from + index)),
    )
  })
}

describe('mails of one state', () => {
  test('are read over all pages, without their bodies', async () => {
    serve(601)
    const list = await listCourierMessages(query())
    expect(list).toMatchObject({ kind: 'messages', complete: true })
    const messages = list.kind === 'messages' ? list.messages : []
    expect(new Set(messages.map(({ id }) => id)).size).toBe(601)
    expect(messages[600]).toEqual({
      id: mail(600).id,
      status: 'abandoned',
      recipient: 'user-600@example.com',
      templateType: 'verification_code_valid',
      sendCount: 6,
      createdAt: Date.parse('2026-11-24T18:05:17.865Z'),
    })
    expect(kratos.arrived.every(({ target }) => target.includes('status=abandoned'))).toBe(true)
  })

  test('end at the number asked for, and say that there are more', async () => {
    serve(601)
    const list = await listCourierMessages(query({ maxMessages: 300 }))
    expect(list).toMatchObject({ kind: 'messages', complete: false })
    expect(list.kind === 'messages' && list.messages).toHaveLength(300)
  })
})

describe('trouble is a result', () => {
  test.each([
    [503, '', { reason: 'status', status: 503 }],
    [404, '', { reason: 'status', status: 404 }],
    [200, 'no JSON', { reason: 'body', status: 200 }],
    [200, '[{"id":1}]', { reason: 'body', status: 200 }],
  ])('%i %s', async (status, body, expected) => {
    kratos.respond((_, response) => void response.writeHead(status).end(body))
    expect(await listCourierMessages(query())).toEqual({ kind: 'unavailable', ...expected })
  })

  test('a Kratos that never answers, and one that is away', async () => {
    kratos.respond(() => undefined)
    expect(await listCourierMessages(query({ timeoutMs: 100 }))).toEqual({
      kind: 'unavailable',
      reason: 'timeout',
    })
    const away = { adminUrl: 'http://127.0.0.1:2' }
    expect(await listCourierMessages(query(away))).toEqual({ kind: 'unavailable', reason: 'connection' })
  })

  test('pages without end are left at the time limit', async () => {
    kratos.respond(async (_, response) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      response.setHeader('link', '</admin/courier/messages?page_token=again>; rel="next"')
      json(response, 200, [mail(1)])
    })
    expect(await listCourierMessages(query({ timeoutMs: 300 }))).toEqual({
      kind: 'unavailable',
      reason: 'timeout',
    })
  })
})
