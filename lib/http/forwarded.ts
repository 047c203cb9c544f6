import type { Config } from '../config.ts'
import { isInNetworks } from './ip-network.ts'

/** Headers by which a proxy names the client; Kratos keeps what they say with the session. */
const CLIENT_HEADERS = /^(forwarded|x-forwarded-.*|x-real-ip|true-client-ip|cf-.*)$/

export interface Peer {
  /** Address of the TCP peer, where the host knows it. */
  address: string | undefined
  /** One of the configured proxies: what it says of the client is believed. */
  trusted: boolean
}

export function peerOf(
  address: string | undefined,
  { trustedProxies }: Pick<Config, 'trustedProxies'>,
): Peer {
  return { address, trusted: address !== undefined && isInNetworks(address, trustedProxies) }
}

/** Whether a header tells of the client and comes from somebody who may say anything. */
export function isForgedClientHeader(name: string, peer: Peer): boolean {
  return !peer.trusted && CLIENT_HEADERS.test(name)
}

/** `X-Forwarded-For`, `-Proto` and `-Host` for an upstream: continued from a trusted peer, else made from what we see ourselves. */
export function forwardedHeaders(request: Request, peer: Peer): Record<string, string> {
  const url = new URL(request.url)
  const given = (name: string) => (peer.trusted ? request.headers.get(name) : null)
  const chain = [given('x-forwarded-for'), peer.address].filter(Boolean).join(', ')
  return {
    ...(chain && { 'x-forwarded-for': chain }),
    'x-forwarded-proto': given('x-forwarded-proto') ?? url.protocol.slice(0, -1),
    'x-forwarded-host': given('x-forwarded-host') ?? url.host,
  }
}
