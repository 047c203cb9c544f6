import { gzipSync } from 'node:zlib'
import type { WorkerBundle } from './bundle-workers.ts'

/** Most that a route's worker may weigh, gzipped. */
export const MAX_ROUTE_GZIP_BYTES = 100_000

export interface WorkerSize {
  name: string
  rawBytes: number
  gzipBytes: number
}

export function sizeOf({ name, code }: WorkerBundle): WorkerSize {
  return { name, rawBytes: code.length, gzipBytes: gzipSync(code).length }
}

/** The workers of single routes that are too large. */
export function tooLarge(sizes: WorkerSize[]): WorkerSize[] {
  return sizes.filter(({ name, gzipBytes }) => name.startsWith('routes/') && gzipBytes > MAX_ROUTE_GZIP_BYTES)
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
