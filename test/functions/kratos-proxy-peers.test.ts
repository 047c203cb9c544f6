import { afterEach, describe, expect, it } from 'vitest'
import { isInNetworks } from '../../lib/http/ip-network.ts'
import { type Gate, startGate } from '../parts/proxy-gate.ts'

let gate: Gate
afterEach(() => gate.close())

const CLAIMS = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example.com',
  'x-forwarded-port': 'claimed-port',
  forwarded: 'for=203.0.113.9',
  'x-real-ip': '203.0.113.9',
  'true-client-ip': '203.0.113.9',
  'cf-connecting-ip': '203.0.113.9',
  'cf-ipcountry': 'XX',
}

describe('what a peer says of the client', () => {
  it('is overwritten when the peer is nobody we know', async () => {
    gate = await startGate()
    await gate.fetch('schemas', { headers: CLAIMS })
    const { headers } = gate.kratos.last()
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(gate.url).host,
    })
    expect(JSON.stringify(headers)).not.toMatch(/203\.0\.113\.9|XX|claimed-port/)
  })

  it('is continued when the peer is a trusted proxy', async () => {
    gate = await startGate({ config: { trustedProxies: ['10.0.0.0/8', '127.0.0.0/8'] } })
    await gate.fetch('schemas', { headers: CLAIMS })
    expect(gate.kratos.last().headers).toMatchObject({
      ...CLAIMS,
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    })
  })

  it('is made up from the request where a trusted proxy says nothing', async () => {
    gate = await startGate({ config: { trustedProxies: ['127.0.0.1'] } })
    await gate.fetch('schemas')
    expect(gate.kratos.last().headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(gate.url).host,
    })
  })

  it('is dropped where the host does not know the peer', async () => {
    gate = await startGate({ config: { trustedProxies: ['0.0.0.0/0', '::/0'] } })
    delete gate.ctx.remoteAddress
    await gate.handle('schemas', { headers: CLAIMS })
    const { headers } = gate.kratos.last()
    expect(headers['x-forwarded-for']).toBeUndefined()
    expect(headers).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-host': 'gate.example.com' })
  })
})

describe('isInNetworks', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['10.255.0.1', '10.0.0.0/8', true],
    ['11.0.0.1', '10.0.0.0/8', false],
    ['192.168.1.130', '192.168.1.128/25', true],
    ['192.168.1.127', '192.168.1.128/25', false],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::1', '::1', true],
    ['0:0:0:0:0:0:0:1', '::1', true],
    ['2001:DB8::5', '2001:db8::/32', true],
    ['2001:db9::5', '2001:db8::/32', false],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['::1', '0.0.0.0/0', false],
    ['127.0.0.1', '::/0', false],
    ['not an address', '0.0.0.0/0', false],
    ['', '::/0', false],
    ['1.2.3', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, network, expected) => {
    expect(isInNetworks(address, ['198.51.100.7', network])).toBe(expected)
  })
})
