import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildEdge, copyReferenceAssets, writeEdge } from './build/edge.ts'
import { edgeHost } from './build/edge-host.ts'
import { buildNode } from './build/node.ts'
import { ROOT } from './build/paths.ts'
import { sizeOf, sizeTable, tooLarge } from './build/sizes.ts'

/**
 * Writes `dist`: the Node bundle, the worker of each public route, the one with all of them and the flush worker.
 * Fails when the worker of a route is too large.
 */
const { values } = parseArgs({ options: { host: { type: 'string' } } })
const wanted = values.host ?? process.env.EDGE_HOST ?? 'auth.example.com'
const host = edgeHost(wanted)
if (host === undefined) {
  console.error(
    `EDGE_HOST or --host: expected a host name such as auth.example.com, found ${JSON.stringify(wanted)}`,
  )
  process.exit(2)
}

// A build that fails must leave the last one in its place.
const dist = join(ROOT, 'dist')
const next = join(ROOT, '.cache', 'dist')
rmSync(next, { recursive: true, force: true })
await buildNode(next)
copyReferenceAssets(join(next, 'node', 'assets'))
const edge = await buildEdge()
writeEdge(edge, next, host)
rmSync(dist, { recursive: true, force: true })
renameSync(next, dist)

const sizes = edge.bundles.map(sizeOf)
console.log(sizeTable(sizes))
for (const { name, gzipBytes, maxGzipBytes } of tooLarge(sizes)) {
  console.error(`${name} has ${gzipBytes} bytes gzipped; ${maxGzipBytes} are allowed`)
  process.exitCode = 1
}
