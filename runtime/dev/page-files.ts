import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIRECTORY = join(dirname(fileURLToPath(import.meta.url)), 'page')
const NAME = /^[a-z][a-z-]*\.(html|css|svg|ts)$/

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  ts: 'text/javascript; charset=utf-8',
}

/** Everything from here, nothing inline, and no text ever becomes markup. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** A file of the page; scripts come without their types. Undefined when there is none of that name. */
export async function readPageFile(name: string): Promise<Response | undefined> {
  if (!NAME.test(name)) return undefined
  const text = await readFile(join(DIRECTORY, name), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined

  const extension = name.split('.').at(-1)!
  return new Response(extension === 'ts' ? stripTypeScriptTypes(text) : text, {
    headers: {
      'content-type': TYPES[extension]!,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cross-origin-opener-policy': 'same-origin',
    },
  })
}
