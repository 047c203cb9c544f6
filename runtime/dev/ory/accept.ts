interface Range {
  value: string
  quality: number
}

/** Whether the caller asks for JSON rather than a page: by `Accept`, or by sending JSON. */
export function isJsonRequest(request: Request): boolean {
  const offers = ['text/html', 'text/*', '*/*', 'application/json']
  return (
    negotiate(request, offers, 'text/html') === 'application/json' ||
    request.headers.get('content-type') === 'application/json'
  )
}

/** Whether the caller is a navigating browser. */
export function isBrowserRequest(request: Request): boolean {
  return negotiate(request, ['text/html', 'text/*', '*/*', 'application/json'], 'text/html') === 'text/html'
}

/** Whether `Accept` alone asks for JSON. */
export function acceptsJson(request: Request): boolean {
  return negotiate(request, ['text/html', 'application/json'], 'text/html') === 'application/json'
}

/** The best offer for the `Accept` header: higher quality first, then the more exact range, then the earlier offer. */
function negotiate(request: Request, offers: string[], fallback: string): string {
  const ranges = parse(request.headers.get('accept') ?? '')
  let best = { offer: fallback, quality: -1, wildness: 3 }
  for (const offer of offers) {
    for (const { value, quality } of ranges) {
      const wildness = matches(value, offer)
      if (wildness === undefined || quality === 0 || quality < best.quality) continue
      if (quality > best.quality || best.wildness > wildness) best = { offer, quality, wildness }
    }
  }
  return best.offer
}

/** How loosely a range matches an offer: 0 exact, 1 by type, 2 by anything; undefined when it does not. */
function matches(range: string, offer: string): number | undefined {
  if (range === '*/*') return 2
  if (range.endsWith('/*')) return offer.startsWith(range.slice(0, -1)) ? 1 : undefined
  return range === offer ? 0 : undefined
}

function parse(header: string): Range[] {
  return header
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [value = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      const quality = weight ? Number(weight.slice(2)) : 1
      return { value, quality: Number.isFinite(quality) ? quality : 0 }
    })
}
