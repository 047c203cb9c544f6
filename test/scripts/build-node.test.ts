import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { copyReferenceAssets } from '../../scripts/build/edge.ts'
import { buildNode } from '../../scripts/build/node.ts'
import { runProcess, startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'

const OLD_NODE = oldNode('/usr/bin/node')

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

  test('loads the object store of the backups for no other command', () => {
    const chunks = Object.entries(metafile.outputs)
    const start = (file: string) => chunks.find(([, { inputs }]) => file in inputs)![0]
    const carriesAws = (file: string) =>
      [...loadedWith(metafile, start(file))].some((chunk) =>
        Object.keys(metafile.outputs[chunk]!.inputs).some((input) =>
          input.includes('node_modules/@aws-sdk/'),
        ),
      )
    expect(['cli/commands/backup.ts', 'cli/commands/load-backup.ts'].map(carriesAws)).toEqual([true, true])
    expect(['cli/main.ts', 'cli/commands/serve.ts', 'runtime/node/serve.ts'].filter(carriesAws)).toEqual([])
  })

  test('stands where package.json says, as a program', () => {
    expect(manifest.bin.authlance).toBe('dist/node/authlance.mjs')
    expect(statSync(program).mode & 0o111).toBe(0o111)
    expect(existsSync(join(home, 'node_modules'))).toBe(false)
  })

  test('has the version and the description of package.json and nothing else of it', async () => {
    expect(await runProcess(process.execPath, [program, '--version'])).toBe(`${manifest.version}\n`)
    expect(await runProcess(process.execPath, [program, '--help'])).toContain(manifest.description)
    const bytes = Object.values(metafile.outputs).map(({ inputs }) => inputs['package.json']?.bytesInOutput)
    expect(Math.max(...bytes.map((count = 0) => count))).toBeLessThan(250)
  })

  test('keeps its code compiled from the first start on', async () => {
    const cached = tempDir('compiled')
    cpSync(join(home), cached, { recursive: true, filter: (path) => !path.includes('.compile-cache') })
    await runProcess(process.execPath, [join(cached, 'authlance.mjs'), '--version'])
    const [version] = readdirSync(join(cached, '.compile-cache'))
    expect(readdirSync(join(cached, '.compile-cache', version!)).length).toBeGreaterThan(1)
  })

  describe('under a Node that is too old', () => {
    const run = (node: string, args: string[]) => {
      const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' })
      return { status, stdout, stderr }
    }
    const refusal = (version: string) => ({
      status: 1,
      stdout: '',
      stderr: `authlance needs Node ${manifest.engines.node.slice('>='.length)} or newer, this is ${version}\n`,
    })

    test.skipIf(!OLD_NODE)('says so in one line instead of a syntax error', () => {
      for (const args of [['--help'], ['serve']]) {
        expect(run(OLD_NODE!.path, [program, ...args])).toEqual(refusal(OLD_NODE!.version))
      }
    })

    test.each([
      ['20.19.5', false],
      ['22.17.1', false],
      ['22.18.0', true],
      ['23.0.0', true],
      ['100.1.0', true],
    ])('%s', (version, starts) => {
      const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
      const args = ['--import', `data:text/javascript,${encodeURIComponent(versions)}`, program, '--version']
      expect(run(process.execPath, args)).toEqual(
        starts ? { status: 0, stdout: `${manifest.version}\n`, stderr: '' } : refusal(`v${version}`),
      )
    })
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

/** A chunk and all that is loaded with it; what a program may import later is left out. */
function loadedWith({ outputs }: Metafile, chunk: string, seen = new Set<string>()): Set<string> {
  if (seen.has(chunk) || !outputs[chunk]) return seen
  seen.add(chunk)
  for (const { path, kind } of outputs[chunk].imports) {
    if (kind === 'import-statement') loadedWith({ outputs } as Metafile, path, seen)
  }
  return seen
}

/** The Node of the system, when it is older than the bundle needs and new enough to read modules. */
function oldNode(path: string): { path: string; version: string } | undefined {
  const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  const major = Number(/^v(\d+)\./.exec(version)?.[1])
  return major >= 16 && major < 22 ? { path, version } : undefined
}

const CONFIG = `
port: 0
host: 127.0.0.1
mailAuth: { port: 0 }
jwtKey: a-key-of-the-bundle-that-is-32-bytes-long
database: { file: data/authlance.sqlite }
kratos: { url: http://127.0.0.1:9, adminUrl: http://127.0.0.1:9 }
`
