import { cpSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { copyReferenceAssets } from '../../scripts/build/edge.ts'
import { buildNode } from '../../scripts/build/node.ts'
import { runProcess, startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

describe('the Node bundle, moved away from node_modules', () => {
  const home = tempDir('bundle')
  const program = join(home, 'authlance.mjs')
  let metafile: Metafile

  beforeAll(async () => {
    const dist = tempDir('dist')
    metafile = await buildNode(dist)
    copyReferenceAssets(join(dist, 'node', 'assets'))
    cpSync(join(dist, 'node'), home, { recursive: true })
    writeFileSync(join(home, 'config.yaml'), CONFIG)
  })

  test('carries nothing of the development stack, of tests or of the edge', () => {
    const inputs = Object.keys(metafile.inputs)
    expect(inputs).toContain('runtime/node/serve.ts')
    const others = /^(runtime\/(dev|edge)|test|scripts)\/|node_modules\/(nats\.ws|@planetscale|miniflare)\//
    expect(inputs.filter((path) => others.test(path))).toEqual([])
  })

  test('stands where package.json says, as a program', () => {
    expect(manifest.bin.authlance).toBe('dist/node/authlance.mjs')
    expect(statSync(program).mode & 0o111).toBe(0o111)
    expect(existsSync(join(home, 'node_modules'))).toBe(false)
  })

  test('checks a configuration', async () => {
    const output = await runProcess(
      process.execPath,
      [program, 'config', 'check', '--config', 'config.yaml'],
      {
        cwd: home,
      },
    )
    expect(output).toBe('ok config.yaml\n')
  })

  test('serves the API and the files of its reference page, and stops', async () => {
    const server = startProcess(process.execPath, [program, 'serve', '--config', 'config.yaml'], {
      cwd: home,
    })
    const [, url] = await server.waitForLine(/ready: api (\S+)/)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    const script = await fetch(`${url}/authlance/docs/swagger-ui-bundle.js`)
    expect(script.headers.get('content-type')).toContain('javascript')
    await script.body?.cancel()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

const CONFIG = `
port: 0
host: 127.0.0.1
mailAuth: { port: 0 }
jwtKey: a-key-of-the-bundle-that-is-32-bytes-long
database: { file: data/authlance.sqlite }
kratos: { url: http://127.0.0.1:9, adminUrl: http://127.0.0.1:9 }
`
