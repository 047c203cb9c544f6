import { readFileSync, writeFileSync } from 'node:fs'

/** Writes `openapi.json` from the route declarations. */

const DOCUMENT = new URL('../openapi.json', import.meta.url)
const PACKAGE = new URL('../package.json', import.meta.url)

/** The text of `openapi.json` as the routes have it now. */
export async function openApiText(): Promise<string> {
  const [{ openApiDocument }, { routes }] = await Promise.all([
    import('../lib/http/openapi.ts'),
    import('../runtime/routes.generated.ts'),
  ])
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  const document = openApiDocument(
    routes.map(({ route }) => route),
    version,
  )
  return `${JSON.stringify(document, null, 2)}\n`
}

/** One of the routes serves the document, so that it has to be JSON before it can be written: a merge may have left it broken. */
function ensureJson(): void {
  try {
    JSON.parse(readFileSync(DOCUMENT, 'utf8'))
  } catch {
    writeFileSync(DOCUMENT, '{}\n')
  }
}

if (import.meta.main) {
  ensureJson()
  writeFileSync(DOCUMENT, await openApiText())
}
