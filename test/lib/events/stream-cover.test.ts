import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../lib/config.ts'
import type { StreamCalls } from '../../../lib/events/stream-calls.ts'
import { createStreamCover } from '../../../lib/events/stream-cover.ts'
import { recordLog } from '../../parts/record-log.ts'

const { config } = parseConfig(
  {
    jwtKey: 'a-key-of-tests-that-is-32-bytes-long',
    kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' },
    database: { file: ':memory:' },
  },
  { env: {} },
)

describe('a stream that two relays make at once', () => {
  it('is there for the one that came second', async () => {
    let made = false
    const link: StreamCalls = {
      streamsOf: async () => (made ? ['user_created'] : []),
      async addStream() {
        made = true
        throw new Error('stream name already in use')
      },
    }
    await createStreamCover(config, recordLog()).cover(link, 'user.created')
    expect(made).toBe(true)
  })

  it('is missing when it could not be made, and is tried again', async () => {
    let tries = 0
    const link: StreamCalls = {
      streamsOf: async () => [],
      async addStream() {
        tries++
        throw new Error('insufficient resources')
      },
    }
    const cover = createStreamCover(config, recordLog())
    await expect(cover.cover(link, 'user.created')).rejects.toThrow('insufficient resources')
    await expect(cover.cover(link, 'user.created')).rejects.toThrow('insufficient resources')
    expect(tries).toBe(2)
  })
})
