import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../../lib/http/operation.ts'
import { pathPattern } from '../../lib/http/path-pattern.ts'
import { routes } from '../../runtime/routes.generated.ts'
import { manifestText, pathOfFile, routeFiles } from '../../scripts/manifest.ts'

const MANIFEST = new URL('../../runtime/routes.generated.ts', import.meta.url)

test('the manifest lists every file under functions/, as `npm run manifest` writes it', () => {
  expect(readFileSync(MANIFEST, 'utf8')).toBe(manifestText())
  expect(routes.map(({ file }) => file)).toEqual(routeFiles())
})

test('a more specific path comes before one that would take its requests', () => {
  for (const [index, { route }] of routes.entries()) {
    const sample = route.path.replace(/\{\+?\w+\}/g, 'value')
    const first = routes.findIndex(({ route }) => pathPattern(route.path).match(sample))
    expect(first, route.path).toBe(index)
  }
})

describe.each(routes)('$file', ({ file, route }) => {
  const operations = Object.entries(route.operations) as [string, Operation][]

  test('stands where its path says', () => {
    expect(route.path).toBe(pathOfFile(file))
  })

  test('declares the parameters of its path and no other', () => {
    const names = pathPattern(route.path).names.toSorted()
    for (const [method, { params }] of operations) expect(fieldsOf(params), method).toEqual(names)
  })

  test('says of each operation what it does and what it answers', () => {
    expect(operations).not.toEqual([])
    for (const [method, { summary, responses }] of operations) {
      expect(summary, method).toMatch(/^\p{Lu}.{5,}[^.]$/u)
      expect(
        Object.keys(responses).some((status) => status.startsWith('2')),
        method,
      ).toBe(true)
    }
  })
})

function fieldsOf(schema: Operation['params']): string[] {
  const { shape = {} } = (schema ?? {}) as { shape?: object }
  return Object.keys(shape).sort()
}
