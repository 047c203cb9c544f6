/** Whether an IP address is one of `networks`, given as addresses or in CIDR form. An IPv4-mapped address counts as IPv4. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const candidate = parseAddress(address)
  return candidate !== undefined && networks.some((network) => contains(network, candidate))
}

interface Address {
  bits: 32 | 128
  value: bigint
}

function contains(network: string, { bits, value }: Address): boolean {
  const [base, length] = network.split('/')
  const parsed = parseAddress(base!)
  if (parsed?.bits !== bits) return false
  const ignored = BigInt(bits - Number(length ?? bits))
  return value >> ignored === parsed.value >> ignored
}

function parseAddress(text: string): Address | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1)
  if (octets) {
    return { bits: 32, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) }
  }
  const value = parseIpv6(text.replace(/%.*$/, ''))
  if (value === undefined) return undefined
  const isMapped = value >> 32n === 0xffffn
  return isMapped ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value }
}

/** The URL parser validates the address and writes it in its one canonical form. */
function parseIpv6(text: string): bigint | undefined {
  const canonical = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1)
  if (!canonical?.includes(':')) return undefined
  const [head, tail] = canonical.split('::').map((part) => part.split(':').filter(Boolean)) as [
    string[],
    string[]?,
  ]
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill('0')
  return [...head, ...(tail ? [...zeros, ...tail] : [])].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  )
}
