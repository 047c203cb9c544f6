import { buildEdge } from '../../scripts/build/edge.ts'
import { MAX_ROUTE_GZIP_BYTES, sizeOf } from '../../scripts/build/sizes.ts'
import { type BenchResult, compared } from './result.ts'

/** The heaviest worker of a single route, gzipped, against the most that one may weigh. */
export async function benchWorkerSize(): Promise<BenchResult> {
  const { bundles } = await buildEdge()
  const sizes = bundles
    .map(sizeOf)
    .filter(({ name }) => name.startsWith('routes/'))
    .map(({ gzipBytes }) => ({ ours: gzipBytes / 1000, floor: MAX_ROUTE_GZIP_BYTES / 1000 }))
  const heaviest = sizes.toSorted((a, b) => b.ours - a.ours)[0]!
  const result = compared('heaviest route worker / limit', 'kB gzip', { atMost: 1 }, [heaviest])
  const lightest = Math.min(...sizes.map(({ ours, floor }) => ours / floor))
  return { ...result, spread: [lightest, result.ratio] }
}
