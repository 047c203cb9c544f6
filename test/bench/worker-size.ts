import { buildEdge } from '../../scripts/build/edge.ts'
import { sizeOf } from '../../scripts/build/sizes.ts'
import { type BenchResult, compared } from './result.ts'

/** The heaviest worker of a single route, gzipped, against the most that one may weigh. */
export async function benchWorkerSize(): Promise<BenchResult> {
  const { bundles } = await buildEdge()
  const sizes = bundles
    .map(sizeOf)
    .filter(({ name }) => name.startsWith('routes/'))
    .map(({ gzipBytes, maxGzipBytes }) => ({ ours: gzipBytes / 1000, floor: maxGzipBytes / 1000 }))
  const heaviest = sizes.toSorted((a, b) => b.ours / b.floor - a.ours / a.floor)[0]!
  const result = compared('heaviest route worker / limit', 'kB gzip', { atMost: 1 }, [heaviest])
  const lightest = Math.min(...sizes.map(({ ours, floor }) => ours / floor))
  return { ...result, spread: [lightest, result.ratio] }
}
