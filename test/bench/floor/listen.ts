import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

/** What the benchmark tells a floor, as JSON in the first argument. */
export function settings<T>(): T & { port: number } {
  return JSON.parse(process.argv[2]!)
}

/** Serves as @hono/node-server does by default, on loopback, until SIGTERM. */
export function listen(app: Hono, port: number): void {
  app.get('/livez', (context) => context.json({ state: 'up' }))
  createAdaptorServer({ fetch: app.fetch }).listen(port, '127.0.0.1')
  process.once('SIGTERM', () => process.exit(0))
}
