import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
}
const NAME = /^[\w-]+(\.[\w-]+)+$/

/** A static file of the API reference page; undefined when there is none of that name. */
export async function readAsset(name: string): Promise<Response | undefined> {
  const type = TYPES[name.split('.').at(-1)!]
  if (!NAME.test(name) || !type) return undefined
  const bytes = await readFile(join(assetDirectory(), name)).catch(() => undefined)
  return bytes && new Response(new Uint8Array(bytes), { headers: { 'content-type': type } })
}

/** Beside the bundle in `dist/node`, in the installed package when run from a checkout. */
function assetDirectory(): string {
  const bundled = import.meta.url.endsWith('.mjs')
  if (bundled) return join(dirname(fileURLToPath(import.meta.url)), 'assets')
  return dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))
}
