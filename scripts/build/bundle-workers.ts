import { build, type Metafile, type Plugin } from 'esbuild'
import { leaveOutUnused } from './leave-out.ts'
import { ROOT } from './paths.ts'

export interface WorkerBundle {
  name: string
  code: Uint8Array
  /** What went in, relative to the repository. */
  inputs: string[]
}

const NAMESPACE = 'worker-entry'

/**
 * Bundles workers for workerd from the text of their entries, whose imports are relative to the repository. An import of a `node:`
 * module fails the build.
 * @param entries name -> entry module
 */
export async function bundleWorkers(entries: Record<string, string>): Promise<WorkerBundle[]> {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.keys(entries).map((name) => ({ in: `${NAMESPACE}:${name}`, out: name })),
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [entryPlugin(entries), leaveOutUnused],
  })
  // Among them is a name that a stand-in for a left-out part does not have.
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
  return Object.keys(entries).map((name) => ({
    name,
    code: outputFiles.find(({ path }) => path.endsWith(`/dist/${name}.js`))!.contents,
    inputs: inputsOf(metafile, `dist/${name}.js`),
  }))
}

function entryPlugin(entries: Record<string, string>): Plugin {
  return {
    name: NAMESPACE,
    setup(build) {
      const filter = new RegExp(`^${NAMESPACE}:`)
      build.onResolve({ filter }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }))
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: entries[path]!,
        resolveDir: ROOT,
        loader: 'ts',
      }))
    },
  }
}

function inputsOf({ outputs }: Metafile, output: string): string[] {
  return Object.keys(outputs[output]!.inputs).filter((path) => !/^[\w-]+:/.test(path))
}
