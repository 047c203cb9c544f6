import { describeOperation } from './openapi/describe-operation.ts'
import { createSchemaStore } from './openapi/schemas.ts'
import { SECURITY_SCHEMES } from './openapi/security.ts'
import { METHODS, type Operation } from './operation.ts'
import type { Route } from './route.ts'

/** An OpenAPI description, as far as we write it. @see https://spec.openapis.org/oas/v3.1.1.html */
export interface OpenApiDocument {
  openapi: string
  info: Record<string, unknown>
  servers: { url: string }[]
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: Record<string, Record<string, unknown>>
}

const DESCRIPTION = `Every \`GET\` also answers \`HEAD\`, every path \`OPTIONS\`; another method is 405 with \`Allow\`.
Each answer carries \`X-Request-Id\`. Errors are RFC 9457 problem documents with a stable \`code\`.`

/**
 * Describes the public routes in an order that depends on nothing but their paths. OpenAPI has no word for "the rest of the path" or
 * "any method": such proxies stand in the description of their tag.
 * @throws when one schema name has two meanings
 */
export function openApiDocument(routes: Route[], version: string): OpenApiDocument {
  const schemas = createSchemaStore()
  const tags = new Map<string, string[]>()
  const paths: OpenApiDocument['paths'] = {}

  for (const { path, operations } of publicRoutes(routes)) {
    for (const method of [...METHODS, 'ALL'] as const) {
      const operation = operations[method]
      if (!operation) continue
      const proxies = tags.get(tagOf(operation)) ?? []
      tags.set(tagOf(operation), proxies)
      if (method === 'ALL' || path.includes('{+')) {
        proxies.push(proxySentence(method, path, operation))
      } else {
        paths[path] ??= {}
        paths[path][method.toLowerCase()] = describeOperation(method, path, operation, schemas)
      }
    }
  }

  return {
    openapi: '3.1.1',
    info: { title: 'Authlance API', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    tags: [...tags].sort(byName).map(([name, proxies]) => tagEntry(name, proxies)),
    paths,
    components: { schemas: schemas.components(), securitySchemes: SECURITY_SCHEMES },
  }
}

function publicRoutes(routes: Route[]): Route[] {
  return routes
    .filter(({ listener }) => listener !== 'internal')
    .sort((a, b) => byName([a.path, []], [b.path, []]))
}

function byName([a]: [string, string[]], [b]: [string, string[]]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function tagOf({ tag = 'Other' }: Operation): string {
  return tag
}

function tagEntry(name: string, proxies: string[]) {
  return proxies.length ? { name, description: proxies.join('\n\n') } : { name }
}

function proxySentence(method: string, path: string, { summary, description }: Operation): string {
  const methods = method === 'ALL' ? 'Any method' : `\`${method}\``
  return [`${methods} on \`${path}\`: ${summary}.`, description].filter(Boolean).join(' ')
}
