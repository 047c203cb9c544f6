import { readdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** Writes `runtime/routes.generated.ts`: every file under `functions/`, most specific path first. */

const ROOT = new URL('../', import.meta.url)
const MANIFEST = new URL('runtime/routes.generated.ts', ROOT)

/** The URL path that a file's place declares: `[name].ts` is `{name}`, `[...rest].ts` is `{+rest}`. */
export function pathOfFile(file: string): string {
  const path = file.replace(/^functions/, '').replace(/\.ts$/, '')
  return path
    .replace(/\/index$/, '/')
    .replace(/\[\.\.\.(\w+)\]/g, '{+$1}')
    .replace(/\[(\w+)\]/g, '{$1}')
}

/** Route files relative to the repository, in the order in which a router must try them. */
export function routeFiles(): string[] {
  const entries = readdirSync(new URL('functions/', ROOT), { recursive: true, encoding: 'utf8' })
  const files = entries.filter((entry) => entry.endsWith('.ts')).map((entry) => `functions/${entry}`)
  return files.sort((a, b) => compareSegments(pathOfFile(a).split('/'), pathOfFile(b).split('/')))
}

/** Static segments before parameters, parameters before a catch-all. */
function compareSegments(a: string[], b: string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index] ?? ''
    const right = b[index] ?? ''
    const difference = rank(left) - rank(right) || (left < right ? -1 : left > right ? 1 : 0)
    if (difference) return difference
  }
  return 0
}

function rank(segment: string): number {
  return segment.startsWith('{+') ? 2 : segment.startsWith('{') ? 1 : 0
}

export function manifestText(): string {
  const files = routeFiles()
  const imports = files.map((file, index) => `import r${index} from '../${file}'`)
  const entries = files.map((file, index) => `  { file: '${file}', route: r${index} },`)
  return `// Written by \`npm run manifest\` from the files under functions/.
${imports.join('\n')}
import type { Route } from '../lib/http/route.ts'

export const routes: { file: string; route: Route }[] = [
${entries.join('\n')}
]
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(MANIFEST, manifestText())
