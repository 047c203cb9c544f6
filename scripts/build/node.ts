import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { ROOT } from './paths.ts'

/** Bundles the command line with the server into `dist/node`: it runs without node_modules. */
export async function buildNode(dist: string): Promise<Metafile> {
  const metafile = await bundleNode({ authlance: 'cli/index.ts' }, join(dist, 'node'))
  chmodSync(join(dist, 'node', 'authlance.mjs'), 0o755)
  return metafile
}

/** Bundles programs for Node. @param entries name -> file, relative to the repository */
export async function bundleNode(entries: Record<string, string>, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(entries).map(([name, file]) => ({ in: file, out: name })),
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    metafile: true,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    // CommonJS dependencies call require, which ES modules do not have.
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    sourcemap: 'linked',
    legalComments: 'external',
    logLevel: 'error',
    plugins: [manifestInShort],
  })
  return metafile
}

/** Of package.json, what the command line says of itself. */
const manifestInShort: Plugin = {
  name: 'manifest-in-short',
  setup({ onLoad }) {
    const file = join(ROOT, 'package.json')
    onLoad({ filter: /\/package\.json$/ }, ({ path }) => {
      if (path !== file) return undefined
      const { version, description } = JSON.parse(readFileSync(file, 'utf8'))
      return { contents: JSON.stringify({ version, description }), loader: 'json' }
    })
  },
}
