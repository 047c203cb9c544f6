import { expect, it } from 'vitest'
import { redactPayload } from '../../cli/redact-payload.ts'

it('leaves out what would let its reader act for another, however deep', () => {
  const object = { id: 'pi_1', client_secret: 'pi_1_secret_x', error: { code: 'card_declined' } }
  const event = { data: { object, list: [{ accessToken: 'a', note: 'b' }] }, secret: null }
  expect(redactPayload('payment_intent.succeeded', JSON.stringify(event))).toEqual({
    data: {
      object: { ...object, client_secret: '[redacted]' },
      list: [{ accessToken: '[redacted]', note: 'b' }],
    },
    secret: null,
  })
})

it('leaves out a whole mail', () => {
  expect(redactPayload('mail.send', '{"body":"Your code is 123456"}')).toBe('[redacted]')
})
