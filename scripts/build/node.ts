import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { ROOT } from './paths.ts'

/** Bundles the command line with the server into `dist/node`: it runs without node_modules. */
export async function buildNode(dist: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [{ in: 'cli/index.ts', out: 'authlance' }],
    outdir: join(dist, 'node'),
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
    legalComments: 'none',
    logLevel: 'error',
  })
  chmodSync(join(dist, 'node', 'authlance.mjs'), 0o755)
  return metafile
}
