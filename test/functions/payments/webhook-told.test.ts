import { expect, onTestFinished, test } from 'vitest'
import webhook from '../../../functions/authlance/payments/api/v1/stripe/webhook.ts'
import { noMetrics } from '../../../lib/metrics.ts'
import { signPayload } from '../../../runtime/dev/stripe/signature.ts'
import { call } from '../../parts/call.ts'
import { WEBHOOK_PATH } from '../../parts/stripe-courier.ts'
import { createTestEnv } from '../../parts/test-env.ts'

const NOW = 1_800_000_000_000
const SECRET = 'whsec_of_the_test'
const MARK = 'not-for-the-log'

async function open() {
  const outcomes: string[] = []
  const made = await createTestEnv({
    now: NOW,
    config: { stripe: { webhookSecret: SECRET, secretKey: 'sk_test_1' } },
    env: { metrics: { ...noMetrics, countWebhook: (outcome) => void outcomes.push(outcome) } },
  })
  onTestFinished(() => made.close())
  const send = (body: string, signature = signPayload(body, [SECRET], NOW / 1000), headers = {}) =>
    call(made, webhook, WEBHOOK_PATH, {
      method: 'POST',
      body,
      headers: { 'stripe-signature': signature, ...headers },
    })
  return { ...made, outcomes, send }
}

function eventText(over: Record<string, unknown> = {}): string {
  const object = { id: 'cus_1', object: 'customer', name: MARK }
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'customer.updated',
    created: NOW / 1000,
    livemode: false,
  }
  return JSON.stringify({ ...event, data: { object }, ...over })
}

test('each outcome is counted, refusals take one line of the log, and none tells of body or signature', async () => {
  const { send, outcomes, log } = await open()
  const signature = signPayload(eventText(), ['whsec_of_somebody'], NOW / 1000)
  await send(eventText())
  await send(eventText())
  await send(eventText(), signature)
  await send('{}')
  await send(eventText({ livemode: true, id: 'evt_live' }))

  expect(outcomes).toEqual(['accepted', 'duplicate', 'bad_signature', 'bad_event', 'wrong_mode'])
  const warnings = log.lines.filter(({ level }) => level === 'warn')
  expect(warnings).toHaveLength(3)
  const lines = JSON.stringify(log.lines)
  for (const secret of [MARK, SECRET, signature.split('v1=')[1]!, 'sk_test_1'])
    expect(lines).not.toContain(secret)
})

test('the ledger is woken after an event was kept, and not for one that was refused', async () => {
  const { send, ledgerWakes } = await open()
  await send(eventText({ livemode: true }))
  await send('{}')
  expect(ledgerWakes()).toBe(0)
  await send(eventText())
  expect(ledgerWakes()).toBe(1)
})

test('nobody needs an Origin, and a cookie or a token that happens to come along changes nothing', async () => {
  const { send } = await open()
  const headers = { origin: 'https://elsewhere.example', cookie: 'loopToken=no', authorization: 'Bearer no' }
  expect((await send(eventText(), undefined, headers)).status).toBe(200)
})

test('a header with two times, or without a signature that could be one, is refused', async () => {
  const { send } = await open()
  const [time, mac] = signPayload(eventText(), [SECRET], NOW / 1000).split(',') as [string, string]
  const answers = [
    await send(eventText(), `t=${NOW / 1000 + 999},${time},${mac}`),
    await send(eventText(), `${time},t=${NOW / 1000 + 999},${mac}`),
    await send(eventText(), `${time},v0=${mac.slice(3)}`),
    await send(eventText(), `${time},v1=`),
    await send(eventText(), `${time},v1`),
    await send(eventText(), `${time},v1=${mac.slice(3).toUpperCase()}`),
    await send(eventText(), `${time},v1=${'é'.repeat(64)}`),
  ]
  expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'webhook_signature_invalid'))
  expect((await send(eventText(), `${time},v1=,${mac}`)).status).toBe(200)
})

test('300 s are not too old, and not too far in the future', async () => {
  const { send } = await open()
  for (const offset of [-300, 300]) {
    const text = eventText({ id: `evt_${offset}` })
    expect((await send(text, signPayload(text, [SECRET], NOW / 1000 + offset))).status).toBe(200)
  }
})

test('the event is published whole, or without its text when it is larger than a message may be', async () => {
  const { send, env } = await open()
  const small = eventText()
  const large = eventText({ id: 'evt_large', note: 'x'.repeat(131_072) })
  const spaced = JSON.stringify(JSON.parse(eventText({ id: 'evt_spaced' })), null, 2)
  for (const text of [small, large, spaced]) expect((await send(text)).status).toBe(200)
  const rows = await env.db.selectFrom('event_outbox').select('payload').orderBy('seq').execute()
  const [first, second, third] = rows.map(({ payload }) => JSON.parse(payload))
  expect(first).toMatchObject({ eventId: 'evt_1', type: 'customer.updated', event: JSON.parse(small) })
  expect(second).toMatchObject({ eventId: 'evt_large', object: { id: 'cus_1', object: 'customer' } })
  expect(second).not.toHaveProperty('event')
  expect(third.event).toEqual(JSON.parse(spaced))
})

test('another method is not there', async () => {
  const made = await open()
  const answer = await call(made, webhook, WEBHOOK_PATH, { method: 'GET' })
  expect(answer.status).toBe(405)
})
