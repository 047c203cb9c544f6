import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildEdge, copyReferenceAssets, writeEdge } from './build/edge.ts'
import { buildNode } from './build/node.ts'
import { ROOT } from './build/paths.ts'
import { MAX_ROUTE_GZIP_BYTES, sizeOf, sizeTable, tooLarge } from './build/sizes.ts'

/**
 * Writes `dist`: the Node bundle, the worker of each public route, the one with all of them and the flush worker.
 * Fails when the worker of a route is too large.
 */
const { values } = parseArgs({ options: { host: { type: 'string' } } })
const host = values.host ?? process.env.EDGE_HOST ?? 'auth.example.com'
const dist = join(ROOT, 'dist')

rmSync(dist, { recursive: true, force: true })
await buildNode(dist)
copyReferenceAssets(join(dist, 'node', 'assets'))
const edge = await buildEdge()
writeEdge(edge, dist, host)

const sizes = edge.bundles.map(sizeOf)
console.log(sizeTable(sizes))
for (const { name, gzipBytes } of tooLarge(sizes)) {
  console.error(`${name} has ${gzipBytes} bytes gzipped; ${MAX_ROUTE_GZIP_BYTES} are allowed`)
  process.exitCode = 1
}
