import { build } from 'esbuild'
import { expect, test } from 'vitest'

test.each([
  ['cli/index.ts', 'functions/authlance/identity/me.ts'],
  ['runtime/edge/worker.ts', 'runtime/router.ts'],
])('nothing of the development stack comes with %s', async (entry, expected) => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
    outdir: 'unused',
  })

  const files = Object.keys(metafile.inputs)
  expect(files).toContain(expected)
  expect(files.filter((file) => file.startsWith('runtime/dev/'))).toEqual([])
})
