import { gzipSync } from 'node:zlib'
import type { WorkerBundle } from './bundle-workers.ts'

/** Most that a route's worker may weigh, gzipped. */
export const MAX_ROUTE_GZIP_BYTES = 100_000

/** The same for a route that calls Stripe, whose client takes 22 kB of it after all that can be left out. */
export const MAX_STRIPE_ROUTE_GZIP_BYTES = 120_000

export interface WorkerSize {
  name: string
  rawBytes: number
  gzipBytes: number
  /** Most that it may weigh, gzipped. */
  maxGzipBytes: number
}

export function sizeOf({ name, code, inputs }: WorkerBundle): WorkerSize {
  const callsStripe = inputs.some((path) => path.endsWith('/stripe/esm/stripe.core.js'))
  const routeBytes = callsStripe ? MAX_STRIPE_ROUTE_GZIP_BYTES : MAX_ROUTE_GZIP_BYTES
  const maxGzipBytes = name.startsWith('routes/') ? routeBytes : Number.POSITIVE_INFINITY
  return { name, rawBytes: code.length, gzipBytes: gzipSync(code).length, maxGzipBytes }
}

/** The workers of single routes that are too large. */
export function tooLarge(sizes: WorkerSize[]): WorkerSize[] {
  return sizes.filter(({ gzipBytes, maxGzipBytes }) => gzipBytes > maxGzipBytes)
}

/** A table for people, in kilobytes of 1,000 bytes. */
export function sizeTable(sizes: WorkerSize[]): string {
  const rows = sizes.map(({ name, rawBytes, gzipBytes }) => [name, kilobytes(rawBytes), kilobytes(gzipBytes)])
  const width = Math.max(...rows.map(([name]) => name!.length))
  return [['worker', 'raw kB', 'gzip kB'], ...rows]
    .map(([name, raw, gzip]) => `${name!.padEnd(width)}  ${raw!.padStart(7)}  ${gzip!.padStart(7)}`)
    .join('\n')
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1)
}
