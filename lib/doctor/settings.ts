/** The parsed configuration of another program; nothing in it is believed to have a form. */
export type Settings = Readonly<Record<string, unknown>>

/** @param path such as `serve.public.base_url` */
export function valueAt(settings: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Settings | null | undefined)?.[key], settings)
}

/** The text there; undefined for anything else, and for a text that a template still has to fill in. */
export function textAt(settings: unknown, path: string): string | undefined {
  const value = valueAt(settings, path)
  return typeof value === 'string' && !/\$\{|\{\{/.test(value) ? value : undefined
}

/** What a request of Ory presents in its Authorization header, as the forms of its settings write it. */
export function authorizationOf(request: unknown): string | undefined {
  switch (textAt(request, 'auth.type')) {
    case 'basic_auth': {
      const [user, password] = [textAt(request, 'auth.config.user'), textAt(request, 'auth.config.password')]
      return user === undefined || password === undefined ? undefined : basic(user, password)
    }
    case 'api_key':
      return textAt(request, 'auth.config.name')?.toLowerCase() === 'authorization'
        ? textAt(request, 'auth.config.value')
        : undefined
    default:
      return textAt(request, 'headers.Authorization') ?? textAt(request, 'headers.authorization')
  }
}

/** The header that Basic credentials make. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
