/** Every value that a `Cookie` header gives for `name`, in order; a browser may send one name several times. */
export function cookieValues(request: Request, name: string): string[] {
  return cookiePairs(request)
    .filter(([pairName]) => pairName === name)
    .map(([, value]) => value)
}

/** The names in a `Cookie` header, in order. */
export function cookieNames(request: Request): string[] {
  return cookiePairs(request).map(([name]) => name)
}

/** The `Cookie` header with the named cookies removed, or undefined when none is left. */
export function cookieHeaderWithout(request: Request, ...names: string[]): string | undefined {
  return joinPairs(cookiePairs(request).filter(([name]) => !names.includes(name)))
}

/** The `Cookie` header with only the named cookie, or undefined when it is absent. */
export function cookieHeaderOnly(request: Request, name: string): string | undefined {
  return joinPairs(cookiePairs(request).filter(([pairName]) => pairName === name))
}

function cookiePairs(request: Request): [name: string, value: string][] {
  const header = request.headers.get('cookie')
  if (!header) return []
  return header.split(';').flatMap((part): [string, string][] => {
    const equals = part.indexOf('=')
    if (equals < 1) return []
    return [[part.slice(0, equals).trim(), part.slice(equals + 1).trim()]]
  })
}

function joinPairs(pairs: [string, string][]): string | undefined {
  return pairs.length ? pairs.map(([name, value]) => `${name}=${value}`).join('; ') : undefined
}
